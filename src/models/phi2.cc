// Phi 1, 1.5 and 2: attention and feed-forward side by side, on one norm.
// Li et al., arXiv 2309.05463.
#include "models/decoder.h"
#include "models/families.h"
#include "models/huggingface/fields.h"

namespace ingle {
namespace {

constexpr TensorRule kTensors[] = {
    {"final_layernorm", "output_norm"},
    {"layers.{}.self_attn.dense", "blk.{}.attn_output"},
    {"layers.{}.self_attn.q_layernorm", "blk.{}.attn_q_norm"},
    {"layers.{}.self_attn.k_layernorm", "blk.{}.attn_k_norm"},
    {"layers.{}.mlp.fc1", "blk.{}.ffn_up"},
    {"layers.{}.mlp.fc2", "blk.{}.ffn_down"},
};
constexpr FieldRule kFields[] = {
    {"layer_norm_eps", "attention.layer_norm_epsilon", "1e-5"},
    {"hidden_act", "feed_forward.activation", "\"gelu_new\""},
    {"max_position_embeddings", "context_length", "2048"},
};
constexpr PresenceRule kPresence[] = {
    {"blk.{}.attn_q_norm.weight", "qk_layernorm"},
    {"blk.{}.*.bias", kAlways},
    {"output_norm.bias", kAlways},
    {"output.bias", kAlways},
};
constexpr std::string_view kTypes[] = {"phi"};

}  // namespace

Result<Model> BuildPhi2(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c =
      ReadDecoder(checkpoint, config, {.activation = Activation::kGeluTanh, .rms_norm = false});
  if (!c) return Fail(c.error());
  DecoderBuilder b(checkpoint, *c);
  SelfAttention attention{.rope = &c->rope};
  if (b.w.Has("blk.0.attn_q_norm")) attention.head_norm = SelfAttention::HeadNorm::kEach;
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    const Value h = b.Norm(x, blk + "attn_norm");
    x = b.AddBlock(x, b.Attend(h, blk, layer, attention));
    x = b.AddBlock(x, b.FeedForward(h, blk));
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kPhi2Names{.model_types = kTypes,
                                  .fields = kFields,
                                  .tensors = kTensors,
                                  .presence = kPresence,
                                  .rotated_share = 0.5};

}  // namespace ingle
