// GPT-2 and distilgpt2: learned positions, layer norm, no gate.
// Radford et al., Language Models are Unsupervised Multitask Learners (2019).
#include <cmath>

#include "models/decoder.h"
#include "models/families.h"
#include "models/huggingface/fields.h"

namespace ingle {
namespace {

constexpr TensorRule kTensors[] = {
    {"wte", "token_embd"},
    {"wpe", "position_embd"},
    {"ln_f", "output_norm"},
    {"h.{}.ln_1", "blk.{}.attn_norm"},
    {"h.{}.ln_2", "blk.{}.ffn_norm"},
    {"h.{}.attn.c_attn", "blk.{}.attn_qkv", TensorChange::kTranspose},
    {"h.{}.attn.c_proj", "blk.{}.attn_output", TensorChange::kTranspose},
    {"h.{}.mlp.c_fc", "blk.{}.ffn_up", TensorChange::kTranspose},
    {"h.{}.mlp.c_proj", "blk.{}.ffn_down", TensorChange::kTranspose},
    // Masks, in older files.
    {"h.{}.attn.bias", ""},
    {"h.{}.attn.masked_bias", ""},
};
constexpr FieldRule kFields[] = {
    {"num_key_value_heads", kNotRead},
    {"head_dim", kNotRead},
    {"n_layer", "block_count", "12"},
    {"n_embd", "embedding_length", "768"},
    {"n_head", "attention.head_count", "12"},
    {"n_inner", "feed_forward_length"},
    {"n_positions", "context_length", "1024"},
    {"num_hidden_layers", "block_count"},
    {"hidden_size", "embedding_length"},
    {"num_attention_heads", "attention.head_count"},
    {"max_position_embeddings", "context_length"},
    {"layer_norm_epsilon", "attention.layer_norm_epsilon", "1e-5"},
    {"activation_function", "feed_forward.activation", "\"gelu_new\""},
    {"tie_word_embeddings", "tied", "true"},
    {"add_cross_attention", ""},
    {"scale_attn_by_inverse_layer_idx", "attention.scale_by_layer", "false"},
};
constexpr PresenceRule kPresence[] = {
    {"blk.{}.attn_qkv.weight", kInClass},
    {"blk.{}.*.bias", kAlways},
    {"output_norm.bias", kAlways},
};
constexpr std::string_view kTypes[] = {"gpt2"};

void AdaptGpt2(HuggingFaceFields& fields) {
  if (fields.Key("feed_forward_length", 0) == 0) {
    fields.Set("feed_forward_length", 4 * fields.Key("embedding_length", 0));
  }
  if (!fields.Flag("scale_attn_weights", true)) fields.Set("attention.scale", 1.0);
}

}  // namespace

Result<Model> BuildGpt2(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config,
                       {.activation = Activation::kGeluTanh, .rms_norm = false, .rotates = false});
  if (!c) return Fail(c.error());
  const bool by_layer = config.Number("attention.scale_by_layer", 0, 1, 0) != 0;
  if (const Status read = config.status(); !read) return Fail(read.error());
  c->shape.longest_context = c->shape.trained_context;

  DecoderBuilder b(checkpoint, *c);
  const Value positions = b.w.Matrix("position_embd", c->shape.trained_context, c->shape.width);
  Value x = b.g.Add(b.Embed(), b.g.Embed(b.g.Positions(), positions));
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    const float scale = by_layer ? c->attention.scale / static_cast<float>(layer + 1) : 0;
    x = b.AddBlock(x, b.Attend(b.Norm(x, blk + "attn_norm"), blk, layer, {.scale = scale}));
    x = b.AddBlock(x, b.FeedForward(b.Norm(x, blk + "ffn_norm"), blk));
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kGpt2Names{.model_types = kTypes,
                                  .fields = kFields,
                                  .tensors = kTensors,
                                  .presence = kPresence,
                                  .adapt = AdaptGpt2};

}  // namespace ingle
