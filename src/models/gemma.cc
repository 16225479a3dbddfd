// Gemma 1, 2 and 3 (text). Gemma Team, arXiv 2403.08295, 2408.00118 and 2503.19786.
//
// From Gemma 2 on each block's result is normed before it is added, and most layers see a window;
// Gemma 3 norms q and k, and turns the windowed layers at frequencies of their own.
#include <cmath>

#include "models/decoder.h"
#include "models/families.h"
#include "models/huggingface/fields.h"
#include "models/huggingface/rope_parameters.h"
#include "models/rope_scaling.h"

namespace ingle {
namespace {

constexpr DecoderDefaults kDefaults{.activation = Activation::kGeluTanh};

// Files do not say what the scores are scaled by: one over the root of the head's size, but in the
// largest model, which its number of layers gives away, over that of width / heads.
void SetScale(ConfigReader& config, uint32_t layers_of_largest, DecoderConfig& c) {
  if (config.Has("attention.scale") || c.shape.layers != layers_of_largest) return;
  const uint32_t share = c.shape.width / c.shape.heads;
  c.attention.scale = 1 / std::sqrt(static_cast<float>(share));
}

Value GemmaLayer(DecoderBuilder& b, Value x, uint32_t layer) {
  const std::string blk = Cat("blk.", layer, ".");
  x = b.AddBlock(x, b.Attend(b.Norm(x, blk + "attn_norm"), blk, layer, {.rope = &b.c.rope}));
  return b.AddBlock(x, b.GatedFeedForward(b.Norm(x, blk + "ffn_norm"), blk));
}

Value Gemma2Layer(DecoderBuilder& b, Value x, uint32_t layer, const SelfAttention& attention) {
  const std::string blk = Cat("blk.", layer, ".");
  Value h = b.Attend(b.Norm(x, blk + "attn_norm"), blk, layer, attention);
  x = b.AddBlock(x, b.Norm(h, blk + "post_attention_norm"));
  h = b.GatedFeedForward(b.Norm(x, blk + "ffn_norm"), blk);
  return b.AddBlock(x, b.Norm(h, blk + "post_ffw_norm"));
}

constexpr TensorRule kGemmaTensors[] = {
    {"norm", "output_norm", TensorChange::kPlusOne},
    {"layers.{}.input_layernorm", "blk.{}.attn_norm", TensorChange::kPlusOne},
    {"layers.{}.post_attention_layernorm", "blk.{}.ffn_norm", TensorChange::kPlusOne},
};
constexpr TensorRule kGemma2Tensors[] = {
    {"norm", "output_norm", TensorChange::kPlusOne},
    {"layers.{}.input_layernorm", "blk.{}.attn_norm", TensorChange::kPlusOne},
    {"layers.{}.post_attention_layernorm", "blk.{}.post_attention_norm", TensorChange::kPlusOne},
    {"layers.{}.pre_feedforward_layernorm", "blk.{}.ffn_norm", TensorChange::kPlusOne},
    {"layers.{}.post_feedforward_layernorm", "blk.{}.post_ffw_norm", TensorChange::kPlusOne},
    {"layers.{}.self_attn.q_norm", "blk.{}.attn_q_norm", TensorChange::kPlusOne},
    {"layers.{}.self_attn.k_norm", "blk.{}.attn_k_norm", TensorChange::kPlusOne},
};

constexpr FieldRule kGemmaFields[] = {
    {"num_key_value_heads", "attention.head_count_kv", "16"},
    {"head_dim", "attention.key_length", "256"},
    {"max_position_embeddings", "context_length", "8192"},
    {"tie_word_embeddings", "tied", "true"},
    {"use_bidirectional_attention", ""},
    {"hidden_act", "feed_forward.activation", "\"gelu_pytorch_tanh\""},
};
constexpr FieldRule kGemma2Fields[] = {
    {"num_key_value_heads", "attention.head_count_kv", "4"},
    {"head_dim", "attention.key_length", "256"},
    {"max_position_embeddings", "context_length", "8192"},
    {"tie_word_embeddings", "tied", "true"},
    {"use_bidirectional_attention", ""},
    {"hidden_activation", "feed_forward.activation", "\"gelu_pytorch_tanh\""},
    {"sliding_window", "attention.sliding_window", "4096", true},
    {"attn_logit_softcapping", "attn_logit_softcapping", "50", true},
    {"final_logit_softcapping", "final_logit_softcapping", "30", true},
};
constexpr FieldRule kGemma3Fields[] = {
    {"num_key_value_heads", "attention.head_count_kv", "4"},
    {"head_dim", "attention.key_length", "256"},
    {"max_position_embeddings", "context_length", "131072"},
    {"tie_word_embeddings", "tied", "true"},
    {"use_bidirectional_attention", ""},
    {"hidden_activation", "feed_forward.activation", "\"gelu_pytorch_tanh\""},
    {"sliding_window", "attention.sliding_window", "4096", true},
    {"attn_logit_softcapping", ""},
    {"final_logit_softcapping", "final_logit_softcapping"},
};

constexpr PresenceRule kPresence[] = {{"blk.{}.attn_*.bias", "attention_bias"}};
constexpr std::string_view kGemmaTypes[] = {"gemma"};
constexpr std::string_view kGemma2Types[] = {"gemma2"};
constexpr std::string_view kGemma3Types[] = {"gemma3_text", "gemma3"};

// "gelu" is what early files say for its approximation.
void AdaptGemma(HuggingFaceFields& fields) {
  if (fields["hidden_act"] == "gelu") fields.Set("feed_forward.activation", "gelu_tanh");
}

void SetQueryScale(HuggingFaceFields& fields) {
  constexpr const char* kName = "query_pre_attn_scalar";
  const double size = fields.Number(kName, 256);
  if (!(size > 0)) fields.Refuse(kName, Cat("is ", size, ", where a number above 0 is needed"));
  fields.Set("attention.scale", 1 / std::sqrt(size), kName);
}

void AdaptGemma2(HuggingFaceFields& fields) {
  SetQueryScale(fields);
  SetWindows(fields, AllButEvery(2, fields));
}

void AdaptGemma3(HuggingFaceFields& fields) {
  SetQueryScale(fields);
  ReadRopeOfKinds({}, kGemma3Names, fields);
  if (fields.Has("layer_types")) return SetWindows(fields, {});
  const double period = fields.Number("sliding_window_pattern", 6);
  if (!(period >= 1)) fields.Refuse("sliding_window_pattern", Cat("is ", period));
  SetWindows(fields, AllButEvery(period, fields));
}

}  // namespace

Result<Model> BuildGemma(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, kDefaults);
  if (!c) return Fail(c.error());
  c->embedding_scale = std::sqrt(static_cast<float>(c->shape.width));
  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) x = GemmaLayer(b, x, layer);
  return b.Finish(b.Logits(x));
}

Result<Model> BuildGemma2(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(
      checkpoint, config, kDefaults,
      {"attention.sliding_window", "attn_logit_softcapping", "final_logit_softcapping"});
  if (!c) return Fail(c.error());
  c->embedding_scale = std::sqrt(static_cast<float>(c->shape.width));
  c->windows = ReadWindows(config, c->shape.layers, 2);
  SetScale(config, 46, *c);
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    x = Gemma2Layer(b, x, layer, {.rope = &c->rope, .window = c->windows[layer]});
  }
  return b.Finish(b.Logits(x));
}

Result<Model> BuildGemma3(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, kDefaults,
                       {"attention.sliding_window", "final_logit_softcapping"});
  if (!c) return Fail(c.error());
  c->embedding_scale = std::sqrt(static_cast<float>(c->shape.width));
  c->windows = ReadWindows(config, c->shape.layers, 6);
  SetScale(config, 62, *c);
  const RopeAttributes local =
      PlainRope(c->rope, config.Number("rope.freq_base_swa", 1.0001, 1e12, 10000));
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const uint32_t window = c->windows[layer];
    x = Gemma2Layer(b, x, layer,
                    {.head_norm = SelfAttention::HeadNorm::kEach,
                     .rope = window == 0 ? &c->rope : &local,
                     .window = window});
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kGemmaNames{.model_types = kGemmaTypes,
                                   .fields = kGemmaFields,
                                   .tensors = kGemmaTensors,
                                   .presence = kPresence,
                                   .adapt = AdaptGemma};
const HuggingFaceNames kGemma2Names{.model_types = kGemma2Types,
                                    .fields = kGemma2Fields,
                                    .tensors = kGemma2Tensors,
                                    .presence = kPresence,
                                    .adapt = AdaptGemma2};
const HuggingFaceNames kGemma3Names{.model_types = kGemma3Types,
                                    .fields = kGemma3Fields,
                                    .tensors = kGemma2Tensors,
                                    .presence = kPresence,
                                    .rope_theta = 1e6,
                                    .own_rope = true,
                                    .adapt = AdaptGemma3};

}  // namespace ingle
