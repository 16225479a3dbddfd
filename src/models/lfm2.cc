// LFM2 and LFM2.5: most layers a short gated convolution, some attention; and with experts.
// Liquid AI, arXiv 2511.23404.
#include <cmath>

#include "models/experts.h"
#include "models/families.h"
#include "models/huggingface/fields.h"
#include "models/huggingface/gguf_form.h"

namespace ingle {
namespace {

constexpr TensorRule kTensors[] = {
    {"embedding_norm", "token_embd_norm"},
    {"layers.{}.operator_norm", "blk.{}.attn_norm"},
    {"layers.{}.ffn_norm", "blk.{}.ffn_norm"},
    {"layers.{}.self_attn.out_proj", "blk.{}.attn_output"},
    {"layers.{}.self_attn.q_layernorm", "blk.{}.attn_q_norm"},
    {"layers.{}.self_attn.k_layernorm", "blk.{}.attn_k_norm"},
    {"layers.{}.conv.in_proj", "blk.{}.shortconv.in_proj"},
    {"layers.{}.conv.out_proj", "blk.{}.shortconv.out_proj"},
    {"layers.{}.conv.conv", "blk.{}.shortconv.conv", TensorChange::kSqueeze},
    {"layers.{}.feed_forward.w1", "blk.{}.ffn_gate"},
    {"layers.{}.feed_forward.w2", "blk.{}.ffn_down"},
    {"layers.{}.feed_forward.w3", "blk.{}.ffn_up"},
    {"layers.{}.feed_forward.gate", "blk.{}.ffn_gate_inp"},
    {"layers.{}.feed_forward.expert_bias", "blk.{}.exp_probs_b.bias"},
    {"layers.{}.feed_forward.experts.{}.w1", "blk.{}.ffn_gate.{}"},
    {"layers.{}.feed_forward.experts.{}.w2", "blk.{}.ffn_down.{}"},
    {"layers.{}.feed_forward.experts.{}.w3", "blk.{}.ffn_up.{}"},
    {"layers.{}.feed_forward.experts.gate_up_proj", "blk.{}.ffn_gate_up_exps.weight"},
    {"layers.{}.feed_forward.experts.down_proj", "blk.{}.ffn_down_exps.weight"},
};
constexpr FieldRule kFields[] = {
    {"norm_eps", "attention.layer_norm_rms_epsilon", "1e-5"},
    {"num_key_value_heads", "attention.head_count_kv", "8"},
    {"max_position_embeddings", "context_length", "128000"},
    {"conv_L_cache", "shortconv.l_cache", "3"},
    {"tie_word_embeddings", "tied", "true"},
    {"tie_embedding", "tied"},
    {"hidden_act", kNotRead},
};
constexpr FieldRule kMoeFields[] = {
    {"norm_eps", "attention.layer_norm_rms_epsilon", "1e-5"},
    {"num_key_value_heads", "attention.head_count_kv", "8"},
    {"max_position_embeddings", "context_length", "128000"},
    {"conv_L_cache", "shortconv.l_cache", "3"},
    {"tie_word_embeddings", "tied", "true"},
    {"tie_embedding", "tied"},
    {"num_experts", "expert_count", "32"},
    {"num_local_experts", "expert_count"},
    {"num_experts_per_tok", "expert_used_count", "4"},
    {"moe_intermediate_size", "expert_feed_forward_length", "1792"},
    {"norm_topk_prob", "expert_weights_norm", "true"},
    {"routed_scaling_factor", "expert_weights_scale", "1"},
    {"num_dense_layers", "leading_dense_block_count", "2"},
    {"hidden_act", kNotRead},
};
constexpr PresenceRule kPresence[] = {
    {"token_embd_norm.weight", kInClass},
    {"blk.{}.shortconv.*.bias", "conv_bias"},
    {"blk.{}.exp_probs_b.bias", "use_expert_bias", true},
};
constexpr std::string_view kTypes[] = {"lfm2"};
constexpr std::string_view kMoeTypes[] = {"lfm2_moe"};

// Which layers attend; the others have no key/value heads.
void ReadLfm2Layers(HuggingFaceFields& fields) {
  const double kv_heads = fields.Key("attention.head_count_kv", 8);
  const std::vector<std::string> types = ReadLayerTypes(fields, {"full_attention", "conv"});
  const nlohmann::json& indices = fields["full_attn_idxs"];
  std::vector<double> heads;
  for (size_t layer = 0; layer < fields.Layers(); ++layer) {
    bool attends = true;
    if (!types.empty()) {
      attends = types[layer] != "conv";
    } else if (indices.is_array()) {
      attends = std::find(indices.begin(), indices.end(), layer) != indices.end();
    }
    heads.push_back(attends ? kv_heads : 0);
  }
  if (std::find(heads.begin(), heads.end(), kv_heads) == heads.end()) {
    fields.Refuse("layer_types", "has no full_attention, without which Ingle computes no LFM2");
  }
  fields.Set("attention.head_count_kv", std::move(heads), "num_key_value_heads");
}

// The width of the feed-forward network is made smaller and rounded.
void AdaptLfm2(HuggingFaceFields& fields) {
  double hidden = fields.Number("block_ff_dim", fields.Key("feed_forward_length", 12288));
  if (fields.Flag("block_auto_adjust_ff_dim", true)) {
    hidden = std::floor(2 * hidden / 3);
    if (!fields.IsNull("block_ffn_dim_multiplier")) {
      const double unit = fields.Number("block_multiple_of", 256);
      hidden = std::floor(fields.Number("block_ffn_dim_multiplier", 1) * hidden);
      hidden = unit > 0 ? unit * std::ceil(hidden / unit) : hidden;
    }
  }
  fields.Set("feed_forward_length", hidden);
  ReadLfm2Layers(fields);
}

// The first layers have an ordinary feed-forward network.
void AdaptLfm2Moe(HuggingFaceFields& fields) {
  ReadLfm2Layers(fields);
  const double dense = fields.Number("num_dense_layers", 2);
  std::vector<bool> experts;
  for (size_t layer = 0; layer < fields.Layers(); ++layer) {
    experts.push_back(static_cast<double>(layer) >= dense);
  }
  fields.Expect("blk.{}.ffn_gate_inp.weight", experts, "num_dense_layers");
}

void Lfm2MoeToGguf(GgufForm& form) {
  constexpr double kSigmoid = 2;  // llama.cpp's number for it
  form.Set("expert_gating_func", kSigmoid);
}

Value Convolve(DecoderBuilder& b, Value h, const std::string& blk, uint32_t taps, uint32_t state) {
  const uint64_t width = b.c.shape.width;
  const std::string in = blk + "shortconv.in_proj";
  const auto part = [&](uint64_t i) {
    return b.g.MatMul(h, b.w.MatrixRows(in, {3 * width, width}, i * width, width),
                      b.w.BiasRows(in, 3 * width, i * width, width));
  };
  const Value before = part(0), after = part(1), x = part(2);
  const Value convolved = b.g.ShortConv(
      b.g.Mul(before, x), b.w.FlatRows(blk + "shortconv.conv.weight", {width, taps}, 0, width),
      b.w.Bias(blk + "shortconv.conv", width), state);
  return b.Linear(b.g.Mul(after, convolved), blk + "shortconv.out_proj", width, width);
}

}  // namespace

Result<Model> BuildLfm2(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, {}, {"expert_count"});
  if (!c) return Fail(c.error());
  const uint32_t taps = config.Count("shortconv.l_cache", 64);
  ExpertsConfig experts;
  if (config.Number("expert_count", 0, 4096, 0) > 0) {
    experts = ReadExperts(config, *c, {RouteAttributes::Scores::kSigmoid, true});
  }
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  uint32_t caches = 0, states = 0;
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    Value h = b.Norm(x, blk + "attn_norm");
    if (c->attends[layer]) {
      x = b.AddBlock(x, b.Attend(h, blk, layer,
                                 {.head_norm = SelfAttention::HeadNorm::kEach,
                                  .rope = &c->rope,
                                  .state = caches++}));
    } else {
      x = b.AddBlock(x, Convolve(b, h, blk, taps, states++));
    }
    h = b.Norm(x, blk + "ffn_norm");
    x = b.AddBlock(x, HasExperts(b, blk, experts) ? MixExperts(b, h, blk, experts)
                                                  : b.GatedFeedForward(h, blk));
  }
  // Files call the last norm by either name.
  const bool older = b.w.Has("token_embd_norm");
  return b.Finish(b.Logits(x, older ? "token_embd_norm" : "output_norm"));
}

const HuggingFaceNames kLfm2Names{.model_types = kTypes,
                                  .fields = kFields,
                                  .tensors = kTensors,
                                  .presence = kPresence,
                                  .rope_theta = 1e6,
                                  .adapt = AdaptLfm2};
const HuggingFaceNames kLfm2MoeNames{.model_types = kMoeTypes,
                                     .fields = kMoeFields,
                                     .tensors = kTensors,
                                     .presence = kPresence,
                                     .rope_theta = 1e6,
                                     .adapt = AdaptLfm2Moe,
                                     .to_gguf = Lfm2MoeToGguf};

}  // namespace ingle
