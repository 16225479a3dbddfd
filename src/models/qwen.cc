// Qwen 2, 2.5 and 3: Llama's layers with biases on q, k and v (2), or with q and k normed head by
// head (3). Yang et al., arXiv 2407.10671 and 2505.09388.
#include "models/decoder.h"
#include "models/families.h"
#include "models/huggingface/fields.h"

namespace ingle {
namespace {

Result<Model> BuildQwen(const Checkpoint& checkpoint, SelfAttention::HeadNorm head_norm) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, {}, {"attention.sliding_window"});
  if (!c) return Fail(c.error());
  c->windows = ReadWindows(config, c->shape.layers, 1);
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    const Value h = b.Norm(x, blk + "attn_norm");
    x = b.AddBlock(
        x, b.Attend(h, blk, layer,
                    {.head_norm = head_norm, .rope = &c->rope, .window = c->windows[layer]}));
    x = b.AddBlock(x, b.GatedFeedForward(b.Norm(x, blk + "ffn_norm"), blk));
  }
  return b.Finish(b.Logits(x));
}

// The layers from max_window_layers on see a window, if use_sliding_window says so.
void ReadQwenWindows(HuggingFaceFields& fields) {
  if (!fields.Flag("use_sliding_window", false) || fields.IsNull("sliding_window")) return;
  fields.Set("attention.sliding_window", fields.Number("sliding_window", 4096));
  if (fields.Has("layer_types")) return ReadLayerTypes(fields);
  const double first = fields.Number("max_window_layers", 28);
  std::vector<double> slides;
  for (double layer = 0; layer < fields.Key("block_count", 0) && layer < 1024; ++layer) {
    slides.push_back(layer >= first ? 1 : 0);
  }
  fields.Set("attention.sliding_window_pattern", std::move(slides));
}

constexpr FieldRule kQwen2Fields[] = {
    {"num_key_value_heads", "attention.head_count_kv", "32"},
    {"max_position_embeddings", "context_length", "32768"},
};
constexpr FieldRule kQwen3Fields[] = {
    {"num_key_value_heads", "attention.head_count_kv", "32"},
    {"head_dim", "attention.key_length", "128"},
    {"max_position_embeddings", "context_length", "32768"},
};
constexpr std::string_view kQwen2Types[] = {"qwen2"};
constexpr std::string_view kQwen3Types[] = {"qwen3"};

}  // namespace

Result<Model> BuildQwen2(const Checkpoint& checkpoint) {
  return BuildQwen(checkpoint, SelfAttention::HeadNorm::kNone);
}
Result<Model> BuildQwen3(const Checkpoint& checkpoint) {
  return BuildQwen(checkpoint, SelfAttention::HeadNorm::kEach);
}

const HuggingFaceNames kQwen2Names{
    .model_types = kQwen2Types, .fields = kQwen2Fields, .adapt = ReadQwenWindows};
const HuggingFaceNames kQwen3Names{
    .model_types = kQwen3Types, .fields = kQwen3Fields, .adapt = ReadQwenWindows};

}  // namespace ingle
