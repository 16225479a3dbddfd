// EXAONE 4: norms after the blocks, q and k normed head by head; where some layers see a window,
// the others know no positions. LG AI Research, arXiv 2507.11407.
#include "models/decoder.h"
#include "models/families.h"
#include "models/huggingface/fields.h"

namespace ingle {
namespace {

constexpr TensorRule kTensors[] = {
    {"layers.{}.post_attention_layernorm", "blk.{}.post_attention_norm"},
    {"layers.{}.post_feedforward_layernorm", "blk.{}.post_ffw_norm"},
};
constexpr FieldRule kFields[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", "1e-5"},
    {"num_key_value_heads", "attention.head_count_kv", "32"},
    {"max_position_embeddings", "context_length", "2048"},
    {"sliding_window", "attention.sliding_window", "4096", true},
};
constexpr std::string_view kTypes[] = {"exaone4"};

void AdaptExaone4(HuggingFaceFields& fields) {
  // Beside layer_types the pattern, which may be a word, says nothing.
  if (fields.IsNull("sliding_window") || fields.Has("layer_types")) return SetWindows(fields, {});
  const double period = fields.Number("sliding_window_pattern", 4);
  if (!(period >= 1)) fields.Refuse("sliding_window_pattern", Cat("is ", period));
  SetWindows(fields, AllButEvery(period, fields));
}

}  // namespace

Result<Model> BuildExaone4(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, {}, {"attention.sliding_window"});
  if (!c) return Fail(c.error());
  const bool windows = config.Number("attention.sliding_window", 0, 1u << 30, 0) != 0;
  c->windows = ReadWindows(config, c->shape.layers, 4);
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    const uint32_t window = c->windows[layer];
    const Value h = b.Attend(x, blk, layer,
                             {.head_norm = SelfAttention::HeadNorm::kEach,
                              .rope = windows && window == 0 ? nullptr : &c->rope,
                              .window = window});
    x = b.AddBlock(x, b.Norm(h, blk + "post_attention_norm"));
    x = b.AddBlock(x, b.Norm(b.GatedFeedForward(x, blk), blk + "post_ffw_norm"));
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kExaone4Names{
    .model_types = kTypes, .fields = kFields, .tensors = kTensors, .adapt = AdaptExaone4};

}  // namespace ingle
