// ERNIE 4.5 (dense): Llama's layers, whose neighbours turn together. Baidu, ERNIE 4.5 Technical
// Report (2025).
#include "models/decoder.h"
#include "models/families.h"
#include "models/huggingface/fields.h"

namespace ingle {
namespace {

constexpr FieldRule kFields[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", "1e-5"},
    {"num_key_value_heads", "attention.head_count_kv", "2", true},
    {"head_dim", "attention.key_length", "128", true},
    {"max_position_embeddings", "context_length", "131072"},
    {"tie_word_embeddings", "tied", "true"},
};
constexpr PresenceRule kPresence[] = {
    {"blk.{}.attn_*.bias", "use_bias"},
    {"blk.{}.ffn_*.bias", "use_bias"},
};
constexpr std::string_view kTypes[] = {"ernie4_5"};

}  // namespace

Result<Model> BuildErnie45(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, {.pairs = RopePairs::kInterleaved});
  if (!c) return Fail(c.error());
  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    x = b.AddBlock(x, b.Attend(b.Norm(x, blk + "attn_norm"), blk, layer, {.rope = &c->rope}));
    x = b.AddBlock(x, b.GatedFeedForward(b.Norm(x, blk + "ffn_norm"), blk));
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kErnie45Names{
    .model_types = kTypes, .fields = kFields, .presence = kPresence, .rope_theta = 500000};

}  // namespace ingle
