// Gemma 4 (text): inputs to every layer, wider heads where a layer sees everything, last layers
// that borrow keys and values; in some models experts beside the feed-forward network.
#include <algorithm>
#include <cmath>

#include "models/decoder.h"
#include "models/experts.h"
#include "models/families.h"
#include "models/gemma_layers.h"
#include "models/huggingface/fields.h"
#include "models/huggingface/gguf_form.h"
#include "models/huggingface/rope_parameters.h"

namespace ingle {
namespace {

using nlohmann::json;

constexpr FieldRule kFields[] = {
    {"num_key_value_heads", "attention.head_count_kv", "4"},
    {"head_dim", "attention.key_length_swa", "256"},
    {"max_position_embeddings", "context_length", "131072"},
    {"tie_word_embeddings", "tied", "true"},
    {"use_bidirectional_attention", "", "\"vision\""},  // of pictures, not of text
    {"hidden_activation", "feed_forward.activation", "\"gelu_pytorch_tanh\""},
    {"hidden_act", kNotRead},
    {"sliding_window", "attention.sliding_window", "512"},
    {"rope_scaling", ""},
    {"final_logit_softcapping", "final_logit_softcapping"},
    {"hidden_size_per_layer_input", "embedding_length_per_layer_input", "256"},
    {"vocab_size_per_layer_input", "vocabulary_per_layer_input", "262144"},
    {"num_kv_shared_layers", "attention.shared_kv_layers", "0"},
    {"num_experts", "expert_count"},
    {"top_k_experts", "expert_used_count"},
    {"moe_intermediate_size", "expert_feed_forward_length"},
};
constexpr TensorRule kTensors[] = {
    {"embed_tokens_per_layer", "per_layer_token_embd"},
    {"per_layer_model_projection", "per_layer_model_proj"},
    {"per_layer_projection_norm", "per_layer_proj_norm"},
    {"layers.{}.post_attention_layernorm", "blk.{}.post_attention_norm"},
    {"layers.{}.pre_feedforward_layernorm", "blk.{}.ffn_norm"},
    {"layers.{}.pre_feedforward_layernorm_2", "blk.{}.pre_ffw_norm_2"},
    {"layers.{}.post_feedforward_layernorm", "blk.{}.post_ffw_norm"},
    {"layers.{}.post_feedforward_layernorm_1", "blk.{}.post_ffw_norm_1"},
    {"layers.{}.post_feedforward_layernorm_2", "blk.{}.post_ffw_norm_2"},
    {"layers.{}.per_layer_input_gate", "blk.{}.inp_gate"},
    {"layers.{}.per_layer_projection", "blk.{}.proj"},
    {"layers.{}.post_per_layer_input_norm", "blk.{}.post_norm"},
    {"layers.{}.layer_scalar", "blk.{}.layer_output_scale.weight"},
    {"layers.{}.router.proj", "blk.{}.ffn_gate_inp"},
    {"layers.{}.router.scale", "blk.{}.ffn_gate_inp.scale"},
    {"layers.{}.router.per_expert_scale", "blk.{}.ffn_down_exps.scale"},
    {"layers.{}.experts.gate_up_proj", "blk.{}.ffn_gate_up_exps.weight"},
    {"layers.{}.experts.down_proj", "blk.{}.ffn_down_exps.weight"},
};
constexpr PresenceRule kPresence[] = {
    {"blk.{}.attn_*.bias", "attention_bias"},
    {"blk.{}.ffn_gate_inp.weight", "enable_moe_block"},
    {"blk.{}.ffn_gate_up_exps.weight", kInClass},
    {"blk.{}.ffn_down_exps.scale", kInClass},
    {"blk.{}.layer_output_scale.weight", kInClass},
};
constexpr std::string_view kTypes[] = {"gemma4_text", "gemma4"};

// Of each layer, 1 for those that see a window. The last one never does.
std::vector<double> ReadKinds(HuggingFaceFields& fields) {
  std::vector<double> slides;
  for (const std::string& type : ReadLayerTypes(fields, {"full_attention", "sliding_attention"})) {
    slides.push_back(type == "sliding_attention" ? 1 : 0);
  }
  if (slides.empty()) slides = AllButEvery(6, fields);
  if (!slides.empty()) slides.back() = 0;
  return slides;
}

// Layers that see everything may have heads of another size and number: global_head_dim says so, or
// per_layer_config for each layer.
class LayerShapes {
 public:
  LayerShapes(const std::vector<double>& slides, HuggingFaceFields& fields)
      : slides_(slides), fields_(fields) {}

  // One for each layer.
  std::vector<double> Read(const char* name, double otherwise, double global) const {
    const json& listed = fields_["per_layer_config"];
    std::vector<double> values;
    for (size_t layer = 0; layer < slides_.size(); ++layer) {
      double value = fields_.Number(name, otherwise);
      if (!listed.is_object()) {
        if (slides_[layer] == 0) value = global;
      } else if (const auto own = listed.find(std::to_string(layer)); own != listed.end()) {
        const auto found = own->find(name);
        if (found != own->end() && found->is_number()) value = found->get<double>();
      }
      values.push_back(value);
    }
    return values;
  }

  // The one value that all layers of a kind have.
  double OfKind(const std::vector<double>& values, double slides, double otherwise) const {
    std::optional<double> one;
    for (size_t layer = 0; layer < values.size(); ++layer) {
      if (slides_[layer] != slides) continue;
      if (one && *one != values[layer]) {
        fields_.Refuse("per_layer_config", "differs between layers of one kind");
      }
      one = values[layer];
    }
    return one.value_or(otherwise);
  }

 private:
  const std::vector<double>& slides_;
  HuggingFaceFields& fields_;
};

void ReadHeads(const std::vector<double>& slides, HuggingFaceFields& fields) {
  const LayerShapes shapes(slides, fields);
  const double kv_heads = fields.Number("num_key_value_heads", 4);
  const double global_kv_heads = fields.Flag("attention_k_eq_v", false)
                                     ? fields.Number("num_global_key_value_heads", kv_heads)
                                     : kv_heads;
  const auto sizes = shapes.Read("head_dim", 256, fields.Number("global_head_dim", 512));
  const double full = shapes.OfKind(sizes, 0, 512);
  fields.Set("attention.key_length", full, "global_head_dim");
  fields.Set("attention.value_length", full, "global_head_dim");
  fields.Set("attention.key_length_swa", shapes.OfKind(sizes, 1, full));
  fields.Set("attention.head_count_kv",
             shapes.Read("num_key_value_heads", kv_heads, global_kv_heads));
}

// Where keys are the values too, layers that see everything have no projection of their own.
void ExpectValues(const std::vector<double>& slides, HuggingFaceFields& fields) {
  const bool keys_are_values = fields.Flag("attention_k_eq_v", false);
  std::vector<bool> there;
  for (const double slide : slides) there.push_back(slide != 0 || !keys_are_values);
  fields.Expect("blk.{}.attn_v.weight", there, "attention_k_eq_v");
}

// Layers that borrow may be twice as wide.
void ReadWidths(size_t layers, HuggingFaceFields& fields) {
  if (!fields.Flag("use_double_wide_mlp", false)) return;
  const double hidden = fields.Key("feed_forward_length", 0);
  const double shared = fields.Key("attention.shared_kv_layers", 0);
  std::vector<double> widths;
  for (size_t layer = 0; layer < layers; ++layer) {
    widths.push_back(static_cast<double>(layer) >= static_cast<double>(layers) - shared ? 2 * hidden
                                                                                        : hidden);
  }
  fields.Set("feed_forward_length", std::move(widths));
}

void AdaptGemma4(HuggingFaceFields& fields) {
  const std::vector<double> slides = ReadKinds(fields);
  fields.Set("attention.sliding_window_pattern", slides, "layer_types");
  ReadHeads(slides, fields);
  ExpectValues(slides, fields);
  ReadWidths(slides.size(), fields);
  RopeOfKinds rope;
  rope.full = {{"rope_type", "proportional"}, {"partial_rotary_factor", 0.25}};
  ReadRopeOfKinds(rope, kGemma4Names, fields);
  if (fields.Flag("enable_moe_block", false)) return;
  for (const char* key : {"expert_count", "expert_used_count", "expert_feed_forward_length"}) {
    fields.Erase(key);
  }
}

// llama.cpp has the experts' gates and ups in one tensor here, and wants each kind's sizes.
void Gemma4ToGguf(GgufForm& form) {
  form.KeepGateAndUp();
  form.Erase("vocabulary_per_layer_input");
  const double windowed = form.Key("attention.key_length_swa", 0);
  form.Set("attention.value_length_swa", windowed);
  form.Set("rope.dimension_count_swa", windowed);
  form.Set("rope.dimension_count", form.Key("attention.key_length", 0));
}

// The router sees the stream itself, normed without a weight of the norm's own.
Value Gemma4Experts(DecoderBuilder& b, Value x, const std::string& blk, const ExpertsConfig& e) {
  const auto width = static_cast<float>(b.c.shape.width);
  const Value scale = b.w.Vector(blk + "ffn_gate_inp.scale", b.c.shape.width);
  const Value seen = b.g.Scale(b.g.RmsNorm(x, scale, b.c.norm), 1 / std::sqrt(width));
  const Value routes = RouteToExperts(b, seen, blk, e);
  return MixExperts(b, b.Norm(x, blk + "pre_ffw_norm_2"), routes, blk, e);
}

Value Gemma4Layer(DecoderBuilder& b, Value x, const GemmaLayers& layers, uint32_t layer,
                  const ExpertsConfig& experts) {
  const std::string blk = Cat("blk.", layer, ".");
  const Value attended = AttendGemma(b, b.Norm(x, blk + "attn_norm"), blk, layers, layer);
  x = b.AddBlock(x, b.Norm(attended, blk + "post_attention_norm"));
  Value h = b.GatedFeedForward(b.Norm(x, blk + "ffn_norm"), blk, "", b.c.hiddens[layer]);
  if (HasExperts(b, blk, experts)) {
    h = b.g.Add(b.Norm(h, blk + "post_ffw_norm_1"),
                b.Norm(Gemma4Experts(b, x, blk, experts), blk + "post_ffw_norm_2"));
  }
  return b.AddBlock(x, b.Norm(h, blk + "post_ffw_norm"));
}

}  // namespace

Result<Model> BuildGemma4(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, {.activation = Activation::kGeluTanh},
                       {"attention.sliding_window", "attention.head_count_kv",
                        "feed_forward_length", "final_logit_softcapping", "expert_count"});
  if (!c) return Fail(c.error());
  c->embedding_scale = std::sqrt(static_cast<float>(c->shape.width));
  const GemmaLayers layers = ReadGemmaLayers(config, *c, 6);
  const LayerInputShape input = ReadLayerInputShape(config, *c);
  ExpertsConfig experts;
  if (config.Has("expert_count")) experts = ReadExperts(config, *c, {.normalize = true});
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  std::optional<LayerInputs> inputs;
  if (input.size > 0) inputs.emplace(b, x, input, false);
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    x = Gemma4Layer(b, x, layers, layer, experts);
    if (inputs) x = b.AddBlock(x, inputs->Block(b, x, blk, layer));
    if (b.w.Has(blk + "layer_output_scale")) {
      x = b.g.Mul(x, b.w.Vector(blk + "layer_output_scale.weight", 1));
    }
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kGemma4Names{.model_types = kTypes,
                                    .fields = kFields,
                                    .tensors = kTensors,
                                    .presence = kPresence,
                                    .rope_theta = 1e6,
                                    .own_rope = true,
                                    .adapt = AdaptGemma4,
                                    .to_gguf = Gemma4ToGguf};

}  // namespace ingle
