// StarCoder 2. Lozhkov et al., arXiv 2402.19173.
#include "models/decoder.h"
#include "models/families.h"
#include "models/huggingface/fields.h"

namespace ingle {
namespace {

constexpr TensorRule kTensors[] = {
    {"layers.{}.mlp.c_fc", "blk.{}.ffn_up"},
    {"layers.{}.mlp.c_proj", "blk.{}.ffn_down"},
};
constexpr FieldRule kFields[] = {
    {"norm_epsilon", "attention.layer_norm_epsilon", "1e-5"},
    {"num_key_value_heads", "attention.head_count_kv", "2"},
    {"hidden_act", "feed_forward.activation", "\"gelu_pytorch_tanh\""},
    {"max_position_embeddings", "context_length", "4096"},
    {"sliding_window", "attention.sliding_window"},
    {"tie_word_embeddings", "tied", "true"},
    {"norm_type", "", "\"layer_norm\""},
    {"mlp_type", "", "\"default\""},
};
constexpr PresenceRule kPresence[] = {
    {"output_norm.bias", kAlways},           {"blk.{}.attn_norm.bias", kAlways},
    {"blk.{}.ffn_norm.bias", kAlways},       {"blk.{}.attn_*.bias", "use_bias", true},
    {"blk.{}.ffn_*.bias", "use_bias", true},
};
constexpr std::string_view kTypes[] = {"starcoder2"};

}  // namespace

Result<Model> BuildStarCoder2(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, {.activation = Activation::kGeluTanh, .rms_norm = false},
                       {"attention.sliding_window"});
  if (!c) return Fail(c.error());
  c->windows = ReadWindows(config, c->shape.layers, 1);
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    const Value h = b.Norm(x, blk + "attn_norm");
    x = b.AddBlock(x, b.Attend(h, blk, layer, {.rope = &c->rope, .window = c->windows[layer]}));
    x = b.AddBlock(x, b.FeedForward(b.Norm(x, blk + "ffn_norm"), blk));
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kStarCoder2Names{
    .model_types = kTypes, .fields = kFields, .tensors = kTensors, .presence = kPresence};

}  // namespace ingle
