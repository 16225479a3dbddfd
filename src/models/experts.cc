#include "models/experts.h"

#include <algorithm>
#include <cmath>

#include "models/huggingface/fields.h"

namespace ingle {
namespace {

struct GateAndUp {
  Value gate, up;
};

GateAndUp Project(DecoderBuilder& b, Value h, Value routes, const std::string& blk,
                  const ExpertsConfig& e) {
  const uint64_t count = e.route.experts;
  const uint64_t width = b.c.shape.width;
  const auto product = [&](const std::string& name, uint64_t rows) {
    return b.g.ExpertMatMul(h, routes, b.w.Experts(name, count, rows, width),
                            b.w.ExpertBiases(name, count, rows), {});
  };
  if (!b.w.Has(blk + "ffn_gate_up_exps")) {
    return {product(blk + "ffn_gate", e.hidden), product(blk + "ffn_up", e.hidden)};
  }
  const Value both = product(blk + "ffn_gate_up", 2 * e.hidden);
  const uint64_t length = e.interleaved ? 1 : e.hidden;
  return {b.g.Slice(both, {2 * length, 0, length}), b.g.Slice(both, {2 * length, length, length})};
}

}  // namespace

ExpertsConfig ReadExperts(ConfigReader& config, const DecoderConfig& decoder,
                          const ExpertsDefaults& defaults) {
  ExpertsConfig e;
  e.route.experts = config.Count("expert_count", 4096);
  e.route.k = config.Count("expert_used_count", std::min(e.route.experts, 256u));
  e.route.scores = defaults.scores;
  e.route.normalize = config.Number("expert_weights_norm", 0, 1, defaults.normalize) != 0;
  e.route.scale = static_cast<float>(config.Number("expert_weights_scale", 0, 1e6, 1));
  e.hidden = config.Count("expert_feed_forward_length", kWidestLayer, decoder.hidden);
  e.activation.activation = decoder.activation;
  if (e.hidden * e.route.k > 4 * uint64_t{kWidestLayer}) {
    config.Reject("expert_used_count", Cat("is ", e.route.k, ", which makes a layer of ",
                                           e.hidden * e.route.k, " columns"));
  }
  return e;
}

bool HasExperts(DecoderBuilder& b, const std::string& blk, const ExpertsConfig& e) {
  return b.w.Has(blk + "ffn_gate_inp") && e.route.experts > 0;
}

Value RouteToExperts(DecoderBuilder& b, Value h, const std::string& blk, const ExpertsConfig& e) {
  const uint64_t count = e.route.experts;
  const Value logits = b.Linear(h, blk + "ffn_gate_inp", count, b.c.shape.width);
  return b.g.Route(logits, b.w.OptionalVector(blk + "exp_probs_b.bias", count),
                   b.w.OptionalVector(blk + "ffn_down_exps.scale", count), e.route);
}

Value MixExperts(DecoderBuilder& b, Value h, Value routes, const std::string& blk,
                 const ExpertsConfig& e) {
  const uint64_t count = e.route.experts;
  const uint64_t width = b.c.shape.width;
  const auto [gate, up] = Project(b, h, routes, blk, e);
  const Value down =
      b.g.ExpertMatMul(b.g.Glu(e.activation, gate, up), routes,
                       b.w.Experts(blk + "ffn_down", count, width, e.hidden),
                       b.w.ExpertBiases(blk + "ffn_down", count, width), {.own_inputs = true});
  return b.g.Mix(down, routes);
}

Value MixExperts(DecoderBuilder& b, Value h, const std::string& blk, const ExpertsConfig& e) {
  const Value mixed = MixExperts(b, h, RouteToExperts(b, h, blk, e), blk, e);
  if (e.shared_hidden == 0) return mixed;

  const uint64_t width = b.c.shape.width;
  Value shared = b.GatedFeedForward(h, blk, "_shexp", e.shared_hidden);
  const std::string gate_name = blk + "ffn_gate_inp_shexp";
  if (b.w.Has(gate_name)) {
    const Value open = b.g.MatMul(h, b.w.Row(gate_name, width));
    shared = b.g.Mul(shared, b.g.Activate(Activation::kSigmoid, open));
  }
  return b.g.Add(mixed, shared);
}

void ExpectSparseLayers(HuggingFaceFields& fields) {
  const nlohmann::json& dense = fields["mlp_only_layers"];
  const double step = fields.Number("decoder_sparse_step", 1);
  if (!(step >= 1)) {
    return fields.Refuse("decoder_sparse_step", Cat("is ", step, ", less than 1"));
  }
  std::vector<bool> experts;
  bool listed = false;  // what decides where the two differ
  for (size_t layer = 0; layer < fields.Layers(); ++layer) {
    const bool is_dense = std::find(dense.begin(), dense.end(), layer) != dense.end();
    listed = listed || is_dense;
    experts.push_back(!is_dense && std::fmod(static_cast<double>(layer + 1), step) == 0);
  }
  fields.Expect("blk.{}.ffn_gate_inp.weight", experts,
                listed ? "mlp_only_layers" : "decoder_sparse_step");
}

}  // namespace ingle
