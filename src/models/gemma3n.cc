// Gemma 3n (text): several streams of which a layer computes one and predicts the others, a
// low-rank way past attention, gates of which few are open. Baykal et al., "Alternating Updates for
// Efficient Transformers", arXiv 2301.13310; Menghani et al., "LAUREL", arXiv 2411.07501; You et
// al., "Spark Transformer", arXiv 2506.06644.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "models/decoder.h"
#include "models/families.h"
#include "models/gemma_layers.h"
#include "models/huggingface/fields.h"
#include "models/huggingface/gguf_form.h"
#include "models/huggingface/rope_parameters.h"

namespace ingle {
namespace {

constexpr FieldRule kFields[] = {
    {"num_key_value_heads", "attention.head_count_kv", "2"},
    {"head_dim", "attention.key_length", "256"},
    {"intermediate_size", "feed_forward_length", "16384"},
    {"max_position_embeddings", "context_length", "32768"},
    {"tie_word_embeddings", "tied", "true"},
    {"hidden_activation", "feed_forward.activation", "\"gelu_pytorch_tanh\""},
    {"hidden_act", kNotRead},
    {"sliding_window", "attention.sliding_window", "512"},
    {"final_logit_softcapping", "final_logit_softcapping", "30", true},
    {"hidden_size_per_layer_input", "embedding_length_per_layer_input", "256"},
    {"vocab_size_per_layer_input", "vocabulary_per_layer_input", "262144"},
    {"num_kv_shared_layers", "attention.shared_kv_layers", "15"},
    {"altup_num_inputs", "altup.num_inputs", "4"},
    {"altup_active_idx", "altup.active_idx", "0"},
    {"altup_correct_scale", "altup.correct_scale", "true"},
};
constexpr TensorRule kTensors[] = {
    {"embed_tokens_per_layer", "per_layer_token_embd"},
    {"per_layer_model_projection", "per_layer_model_proj"},
    {"per_layer_projection_norm", "per_layer_proj_norm"},
    {"altup_projections.{}", "altup_proj.{}"},
    {"altup_unembed_projections.{}", "altup_unembd_proj.{}"},
    {"layers.{}.altup.correct_output_scale", "blk.{}.altup_correct_scale.weight"},
    {"layers.{}.altup.correction_coefs", "blk.{}.altup_correct_coef"},
    {"layers.{}.altup.prediction_coefs", "blk.{}.altup_predict_coef"},
    {"layers.{}.altup.modality_router", "blk.{}.altup_router"},
    {"layers.{}.altup.router_norm", "blk.{}.altup_router_norm"},
    {"layers.{}.laurel.linear_left", "blk.{}.laurel_l"},
    {"layers.{}.laurel.linear_right", "blk.{}.laurel_r"},
    {"layers.{}.laurel.post_laurel_norm", "blk.{}.laurel_post_norm"},
    {"layers.{}.post_attention_layernorm", "blk.{}.post_attention_norm"},
    {"layers.{}.pre_feedforward_layernorm", "blk.{}.ffn_norm"},
    {"layers.{}.post_feedforward_layernorm", "blk.{}.post_ffw_norm"},
    {"layers.{}.per_layer_input_gate", "blk.{}.inp_gate"},
    {"layers.{}.per_layer_projection", "blk.{}.proj"},
    {"layers.{}.post_per_layer_input_norm", "blk.{}.post_norm"},
};
constexpr PresenceRule kPresence[] = {
    {"blk.{}.attn_v.weight", kAlways},
    {"blk.{}.attn_*.bias", "attention_bias"},
};
constexpr std::string_view kTypes[] = {"gemma3n_text", "gemma3n"};

// Where a standard normal variable is smaller with this probability.
double NormalQuantile(double probability) {
  double low = -40, high = 40;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    const bool below = std::erfc(-middle / std::numbers::sqrt2) / 2 < probability;
    (below ? low : high) = middle;
  }
  return low;
}

// The share of gates to close, for each layer, becomes how many deviations above the mean a gate
// must be.
void ReadSparsity(HuggingFaceFields& fields) {
  const nlohmann::json& pattern = fields["activation_sparsity_pattern"];
  const double layers = std::clamp(fields.Key("block_count", 1), 1.0, 1024.0);
  std::vector<double> deviations;
  for (size_t layer = 0; static_cast<double>(layer) < layers; ++layer) {
    double share = layers > 10 && layer < 10 ? 0.95 : 0;
    if (pattern.is_number()) share = pattern.get<double>();
    if (pattern.is_array()) {
      const bool listed = layer < pattern.size() && pattern[layer].is_number();
      share = listed ? pattern[layer].get<double>() : -1;
    }
    if (!(share >= 0 && share < 1)) {
      return fields.Refuse("activation_sparsity_pattern",
                           "is no list of a number in 0 to 1 for each layer");
    }
    deviations.push_back(share > 0 ? NormalQuantile(static_cast<float>(share)) : -INFINITY);
  }
  fields.Set("activation_sparsity_scale", std::move(deviations));
}

void AdaptGemma3n(HuggingFaceFields& fields) {
  ReadRopeOfKinds({}, kGemma3nNames, fields);
  ReadSparsity(fields);
  SetWindows(fields, AllButEvery(5, fields));
}

void Gemma3nToGguf(GgufForm& form) {
  form.StackNumbered("altup_", "");
  form.Erase("vocabulary_per_layer_input");
}

struct Gemma3nConfig {
  uint32_t streams = 0;
  uint32_t active = 0;  // the stream that layers compute
  bool scales_correction = true;
  std::vector<double> deviations;  // of each layer; not finite: all gates may be open
  GemmaLayers layers;
};

Gemma3nConfig ReadGemma3n(ConfigReader& config, const DecoderConfig& c) {
  Gemma3nConfig n;
  n.streams = config.Count("altup.num_inputs", kWidestLayer / c.shape.width, 4);
  n.active = static_cast<uint32_t>(config.Number("altup.active_idx", 0, n.streams - 1, 0));
  n.scales_correction = config.Number("altup.correct_scale", 0, 1, 1) != 0;
  n.deviations = config.Numbers("activation_sparsity_scale");
  n.deviations.resize(c.shape.layers, -INFINITY);
  n.layers = ReadGemmaLayers(config, c, 5);
  return n;
}

// Streams lie side by side in one value.
class Gemma3nBuilder {
 public:
  Gemma3nBuilder(DecoderBuilder& b, const Gemma3nConfig& config)
      : b_(b), n_(config), width_(b.c.shape.width) {}

  // The first stream is x, the others are projections of it, as large.
  Value Spread(Value x) {
    Value streams = x;
    for (uint32_t i = 0; i + 1 < n_.streams; ++i) {
      streams = b_.g.Concat(streams, Projection("altup_proj", i, x, x));
    }
    return streams;
  }

  // The mean of the first stream and of projections of the others, as large as the first.
  Value Gather(Value streams) {
    const Value first = Stream(streams, 0);
    Value sum = first;
    for (uint32_t i = 0; i + 1 < n_.streams; ++i) {
      const Value other = Stream(streams, i + 1);
      sum = b_.g.Add(sum, Projection("altup_unembd_proj", i, other, first));
    }
    return b_.g.Scale(sum, 1 / static_cast<float>(n_.streams));
  }

  Value Layer(Value streams, const LayerInputs& inputs, uint32_t layer) {
    const std::string blk = Cat("blk.", layer, ".");
    const Value predicted = Predict(streams, blk);
    const Value active = Stream(predicted, n_.active);
    const Value computed = Compute(active, blk, layer);
    const Value corrected = Correct(predicted, active, computed, blk);
    return AddInput(corrected, inputs, blk, layer);
  }

 private:
  Value Stream(Value streams, uint32_t i) { return Streams(streams, i, 1); }
  Value Streams(Value streams, uint32_t first, uint32_t count) {
    return b_.g.Slice(streams, {n_.streams * width_, first * width_, count * width_});
  }

  Value Projection(const std::string& name, uint32_t i, Value x, Value like) {
    const Value weight = b_.w.MatrixOf(name, n_.streams - 1, i, width_, width_);
    return b_.g.Rescale(b_.g.MatMul(x, weight), like, {1e-5f});
  }

  // What decides how streams are mixed.
  Value Modalities(Value x, const std::string& blk) {
    const Value h =
        b_.g.Scale(b_.Norm(x, blk + "altup_router_norm"), 1 / static_cast<float>(width_));
    return b_.g.Activate(Activation::kTanh, b_.Linear(h, blk + "altup_router", n_.streams, width_));
  }

  Value Predict(Value streams, const std::string& blk) {
    const Value m = Modalities(Stream(streams, n_.active), blk);
    const uint64_t count = uint64_t{n_.streams} * n_.streams;
    const Value weights = b_.Linear(m, blk + "altup_predict_coef", count, n_.streams);
    return b_.g.Add(streams, b_.g.Blend(streams, weights, n_.streams));
  }

  Value Compute(Value x, const std::string& blk, uint32_t layer) {
    const Value h = b_.Norm(x, blk + "attn_norm");
    const uint64_t rank = b_.w.Elements(blk + "laurel_l") / width_;
    const Value low = b_.Linear(h, blk + "laurel_l", rank, width_);
    const Value way_past =
        b_.Norm(b_.Linear(low, blk + "laurel_r", width_, rank), blk + "laurel_post_norm");
    const Value attended =
        b_.Norm(AttendGemma(b_, h, blk, n_.layers, layer), blk + "post_attention_norm");
    const Value sum = b_.g.Add(b_.g.Add(x, attended), b_.g.Add(h, way_past));
    x = b_.g.Scale(sum, 1 / std::numbers::sqrt2_v<float>);
    const Value fed = FeedForward(b_.Norm(x, blk + "ffn_norm"), blk, layer);
    return b_.g.Add(x, b_.Norm(fed, blk + "post_ffw_norm"));
  }

  Value FeedForward(Value h, const std::string& blk, uint32_t layer) {
    const uint64_t hidden = b_.c.hiddens[layer];
    const double deviations = n_.deviations[layer];
    Value gate = b_.Linear(h, blk + "ffn_gate", hidden, width_);
    if (std::isfinite(deviations)) gate = b_.g.Sparsify(gate, static_cast<float>(deviations));
    const Value up = b_.Linear(h, blk + "ffn_up", hidden, width_);
    return b_.Linear(b_.g.Glu({b_.c.activation}, gate, up), blk + "ffn_down", width_, hidden);
  }

  // By what the prediction of the active stream was wrong, all are set right: each by its own share
  // and one.
  Value Correct(Value predicted, Value active, Value computed, const std::string& blk) {
    const Value shares =
        b_.Linear(Modalities(computed, blk), blk + "altup_correct_coef", n_.streams, n_.streams);
    const Value error = b_.g.Add(computed, b_.g.Scale(active, -1));
    return b_.g.Add(b_.g.Add(predicted, error), b_.g.Blend(error, shares, 1));
  }

  // The layer's input goes to all streams but the first.
  Value AddInput(Value streams, const LayerInputs& inputs, const std::string& blk, uint32_t layer) {
    Value x = Stream(streams, n_.active);
    const std::string scale = blk + "altup_correct_scale.weight";
    if (n_.scales_correction) {
      x = b_.g.Mul(x, b_.w.Vector(scale, width_));
    } else {
      b_.Ignore(scale);
    }
    const Value input = inputs.Block(b_, x, blk, layer);
    if (n_.streams == 1) return streams;
    const Value others = Streams(streams, 1, n_.streams - 1);
    return b_.g.Concat(Stream(streams, 0), b_.g.Add(others, input));
  }

  DecoderBuilder& b_;
  const Gemma3nConfig& n_;
  const uint64_t width_;
};

}  // namespace

Result<Model> BuildGemma3n(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c =
      ReadDecoder(checkpoint, config, {.activation = Activation::kGeluTanh},
                  {"attention.sliding_window", "feed_forward_length", "final_logit_softcapping"});
  if (!c) return Fail(c.error());
  c->embedding_scale = std::sqrt(static_cast<float>(c->shape.width));
  const Gemma3nConfig n = ReadGemma3n(config, *c);
  const LayerInputShape input = ReadLayerInputShape(config, *c);
  if (input.size == 0) config.Reject("embedding_length_per_layer_input", "is 0");
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Gemma3nBuilder layers(b, n);
  const Value x = b.Embed();
  const LayerInputs inputs(b, x, input, true);
  Value streams = layers.Spread(x);
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    streams = layers.Layer(streams, inputs, layer);
  }
  return b.Finish(b.Logits(layers.Gather(streams)));
}

const HuggingFaceNames kGemma3nNames{.model_types = kTypes,
                                     .fields = kFields,
                                     .tensors = kTensors,
                                     .presence = kPresence,
                                     .rope_theta = 1e6,
                                     .own_rope = true,
                                     .adapt = AdaptGemma3n,
                                     .to_gguf = Gemma3nToGguf};

}  // namespace ingle
