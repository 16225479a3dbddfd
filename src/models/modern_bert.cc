// ModernBERT: norms before the blocks, a gated feed-forward network, rotary positions, and layers
// that see a window to either side between those that see all. Warner et al., arXiv 2412.13663.
#include <algorithm>
#include <cmath>

#include "models/encoder.h"
#include "models/families.h"
#include "models/huggingface/fields.h"
#include "models/huggingface/gguf_form.h"
#include "models/huggingface/rope_parameters.h"
#include "models/rope_scaling.h"

namespace ingle {
namespace {

constexpr TensorRule kTensors[] = {
    {"embeddings.tok_embeddings", "token_embd"},
    {"embeddings.norm", "token_embd_norm"},
    {"layers.{}.attn_norm", "blk.{}.attn_norm"},
    {"layers.{}.attn.Wqkv", "blk.{}.attn_qkv"},
    {"layers.{}.attn.Wo", "blk.{}.attn_output"},
    {"layers.{}.mlp_norm", "blk.{}.ffn_norm"},
    {"layers.{}.mlp.Wi", "blk.{}.ffn_up"},
    {"layers.{}.mlp.Wo", "blk.{}.ffn_down"},
    {"final_norm", "output_norm"},
    {"head.dense", "cls"},
    {"head.norm", "cls.norm"},
    {"classifier", "cls.output"},
    {"decoder", ""},  // predicts masked words
};
constexpr FieldRule kFields[] = {
    {"num_key_value_heads", kNotRead},
    {"head_dim", kNotRead},
    {"tie_word_embeddings", kNotRead},
    {"is_causal", kNotRead},
    {"num_hidden_layers", "block_count", "22"},
    {"hidden_size", "embedding_length", "768"},
    {"num_attention_heads", "attention.head_count", "12"},
    {"intermediate_size", "feed_forward_length", "1152"},
    {"max_position_embeddings", "context_length", "8192"},
    {"norm_eps", "attention.layer_norm_epsilon", "1e-5"},
    {"hidden_activation", "feed_forward.activation", "\"gelu\""},
    {"local_attention", "attention.sliding_window", "128"},
    {"classifier_pooling", "classifier.pooling", "\"cls\""},
    {"classifier_activation", "classifier.activation", "\"gelu\""},
    {"is_decoder", ""},
    {"rope_scaling", ""},
};
constexpr PresenceRule kPresence[] = {
    {"blk.{}.attn_qkv.weight", kInClass},  {"token_embd_norm.bias", "norm_bias"},
    {"output_norm.bias", "norm_bias"},     {"blk.{}.attn_norm.bias", "norm_bias"},
    {"blk.{}.ffn_norm.bias", "norm_bias"}, {"blk.{}.attn_*.bias", "attention_bias"},
    {"blk.{}.ffn_*.bias", "mlp_bias"},     {"cls.bias", "classifier_bias"},
    {"cls.norm.weight", kInClass},         {"cls.norm.bias", "norm_bias"},
    {"cls.output.bias", kInClass},
};
constexpr std::string_view kTypes[] = {"modernbert"};

void AdaptModernBert(HuggingFaceFields& fields) {
  ReadRopeOfKinds({.older_theta = "global_rope_theta", .older_local_theta = "local_rope_theta"},
                  kModernBertNames, fields);
  ReadClassifierFields(fields, true);
  const double every = fields.Number("global_attn_every_n_layers", 3);
  if (!(every >= 1)) {
    return fields.Refuse("global_attn_every_n_layers", Cat("is ", every, ", less than 1"));
  }
  std::vector<double> slides;
  for (size_t layer = 0; layer < fields.Layers(); ++layer) {
    slides.push_back(std::fmod(static_cast<double>(layer), every) != 0 ? 1 : 0);
  }
  SetWindows(fields, std::move(slides));
}

// llama.cpp's converter calls the norm's epsilon by the other norm's name; readers want either.
void ModernBertToGguf(GgufForm& form) {
  EncoderToGguf(form);
  const nlohmann::json& activation = form.config()["hidden_activation"];
  if (activation.is_string()) form.Set("hidden_activation", activation.get<std::string>());
  form.Set("attention.layer_norm_rms_epsilon", form.Key("attention.layer_norm_epsilon", 1e-5));
}

// Of each layer 0, or how near a position must be to be seen. The window of the files is what is
// seen to both sides together. Files list the layers that have one, or say that every n-th layer,
// from the first on, has none.
std::vector<uint32_t> ReadSides(ConfigReader& config, uint32_t layers) {
  constexpr std::string_view kPattern = "attention.sliding_window_pattern";
  const uint32_t near = config.Count("attention.sliding_window", 1u << 30) / 2 + 1;
  const std::vector<int64_t> listed = config.Ints(kPattern);
  std::vector<uint32_t> windows(layers, 0);
  const bool by_layer = config.HasList(kPattern);
  if (by_layer && listed.size() != layers) {
    config.Reject(kPattern, Cat("has ", listed.size(), " entries for ", layers, " layers"));
    return windows;
  }
  const int64_t every = listed.empty() ? 3 : std::max<int64_t>(1, listed[0]);
  for (uint32_t layer = 0; layer < layers; ++layer) {
    if (by_layer ? listed[layer] != 0 : layer % every != 0) windows[layer] = near;
  }
  return windows;
}

}  // namespace

Result<Model> BuildModernBert(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadEncoder(checkpoint, config, {.activation = Activation::kGelu},
                       {"attention.sliding_window"});
  if (!c) return Fail(c.error());
  c->windows = ReadSides(config, c->shape.layers);
  const RopeAttributes local =
      PlainRope(c->rope, config.Number("rope.freq_base_swa", 1.0001, 1e12, 10000));
  const ClassifierConfig head = ReadClassifier(config, Activation::kGelu);
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Norm(b.Embed(), "token_embd_norm");
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    const uint32_t window = c->windows[layer];
    // What is embedded is normed already.
    const bool normed = layer == 0 && !b.w.Has(blk + "attn_norm");
    const Value h = normed ? x : b.Norm(x, blk + "attn_norm");
    const RopeAttributes* rope = window == 0 ? &c->rope : &local;
    x = b.AddBlock(x, b.Attend(h, blk, layer, EncoderAttention(rope, window)));
    x = b.AddBlock(x, b.GatedFeedForward(b.Norm(x, blk + "ffn_norm"), blk));
  }
  return FinishEncoder(b, b.Norm(x, "output_norm"), head);
}

const HuggingFaceNames kModernBertNames{.model_types = kTypes,
                                        .fields = kFields,
                                        .tensors = kTensors,
                                        .presence = kPresence,
                                        .rope_theta = 160000,
                                        .own_rope = true,
                                        .adapt = AdaptModernBert,
                                        .to_gguf = ModernBertToGguf};

}  // namespace ingle
