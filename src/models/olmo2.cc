// OLMo 2 and 3: norms after the blocks, and over all heads of q and k together.
// OLMo Team, arXiv 2501.00656; OLMo 3 (2025) adds layers that see a window.
#include "models/decoder.h"
#include "models/families.h"
#include "models/huggingface/fields.h"
#include "models/huggingface/rope_parameters.h"
#include "models/rope_scaling.h"

namespace ingle {
namespace {

constexpr TensorRule kTensors[] = {
    {"layers.{}.post_attention_layernorm", "blk.{}.post_attention_norm"},
    {"layers.{}.post_feedforward_layernorm", "blk.{}.post_ffw_norm"},
};
constexpr FieldRule kOlmo2Fields[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", "1e-5"},
    {"max_position_embeddings", "context_length", "2048"},
};
constexpr FieldRule kOlmo3Fields[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", "1e-5"},
    {"max_position_embeddings", "context_length", "2048"},
    {"sliding_window", "attention.sliding_window", "4096", true},
};
constexpr PresenceRule kPresence[] = {{"blk.{}.attn_*.bias", "attention_bias"}};
constexpr std::string_view kOlmo2Types[] = {"olmo2"};
constexpr std::string_view kOlmo3Types[] = {"olmo3"};
constexpr double kOlmo3Theta = 500000;

void AdaptOlmo3(HuggingFaceFields& fields) {
  // In older files rope_theta is that of the full layers alone.
  ReadRopeOfKinds({.local_theta = kOlmo3Theta}, kOlmo3Names, fields);
  SetWindows(fields, AllButEvery(4, fields));
}

}  // namespace

Result<Model> BuildOlmo2(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, {}, {"attention.sliding_window"});
  if (!c) return Fail(c.error());
  c->windows = ReadWindows(config, c->shape.layers, 4);
  const double theta = config.Number("rope.freq_base", 1.0001, 1e12, 10000);
  const RopeAttributes local =
      PlainRope(c->rope, config.Number("rope.freq_base_swa", 1.0001, 1e12, theta));
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    const uint32_t window = c->windows[layer];
    const Value h = b.Attend(x, blk, layer,
                             {.head_norm = SelfAttention::HeadNorm::kAll,
                              .rope = window == 0 ? &c->rope : &local,
                              .window = window});
    x = b.AddBlock(x, b.Norm(h, blk + "post_attention_norm"));
    x = b.AddBlock(x, b.Norm(b.GatedFeedForward(x, blk), blk + "post_ffw_norm"));
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kOlmo2Names{
    .model_types = kOlmo2Types, .fields = kOlmo2Fields, .tensors = kTensors, .presence = kPresence};
const HuggingFaceNames kOlmo3Names{.model_types = kOlmo3Types,
                                   .fields = kOlmo3Fields,
                                   .tensors = kTensors,
                                   .presence = kPresence,
                                   .rope_theta = kOlmo3Theta,
                                   .own_rope = true,
                                   .adapt = AdaptOlmo3};

}  // namespace ingle
