// StableLM 1.6B, 2 and 3B. Bellagente et al., arXiv 2402.17834.
#include <algorithm>

#include "models/decoder.h"
#include "models/families.h"
#include "models/huggingface/fields.h"
#include "models/huggingface/gguf_form.h"

namespace ingle {
namespace {

constexpr FieldRule kFields[] = {
    {"layer_norm_eps", "attention.layer_norm_epsilon", "1e-5"},
    {"num_key_value_heads", "attention.head_count_kv", "32"},
    {"max_position_embeddings", "context_length", "4096"},
    {"use_parallel_residual", "use_parallel_residual", "false"},
};
constexpr TensorRule kTensors[] = {
    // One weight a head: the checkpoint stacks them.
    {"layers.{}.self_attn.q_layernorm.norms.{}", "blk.{}.attn_q_norm.{}"},
    {"layers.{}.self_attn.k_layernorm.norms.{}", "blk.{}.attn_k_norm.{}"},
};
constexpr PresenceRule kPresence[] = {
    {"blk.{}.attn_q_norm.weight", "qk_layernorm"},
    {"blk.{}.ffn_norm.weight", "use_parallel_residual", false, false},
    {"output_norm.bias", kAlways},
    {"blk.{}.attn_norm.bias", kAlways},
    {"blk.{}.ffn_norm.bias", kAlways},
    {"blk.{}.attn_q.bias", "use_qkv_bias"},
    {"blk.{}.attn_k.bias", "use_qkv_bias"},
    {"blk.{}.attn_v.bias", "use_qkv_bias"},
};
constexpr std::string_view kTypes[] = {"stablelm"};

// [heads, size] in files.
void StableLmToGguf(GgufForm& form) {
  for (uint32_t layer = 0; layer < form.layers(); ++layer) {
    for (const char* of : {"attn_q_norm.weight", "attn_k_norm.weight"}) {
      const std::string name = Cat("blk.", layer, ".", of);
      const PlacedTensor* norm = form.Find(name);
      const double heads =
          form.Key(of[5] == 'q' ? "attention.head_count" : "attention.head_count_kv", 1);
      const auto rows = static_cast<uint64_t>(std::clamp(heads, 1.0, 1e5));
      if (norm != nullptr) form.Reshape(name, {rows, norm->shape.elements() / rows});
    }
  }
}

}  // namespace

Result<Model> BuildStableLm(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, {.rms_norm = false});
  if (!c) return Fail(c.error());
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  SelfAttention attention{.rope = &c->rope};
  if (b.w.Has("blk.0.attn_q_norm")) attention.head_norm = SelfAttention::HeadNorm::kEach;
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    const Value h = b.Norm(x, blk + "attn_norm");
    x = b.AddBlock(x, b.Attend(h, blk, layer, attention));
    // Side by side on one norm, where the file has no second one.
    const bool serial = b.w.Has(blk + "ffn_norm");
    x = b.AddBlock(x, b.GatedFeedForward(serial ? b.Norm(x, blk + "ffn_norm") : h, blk));
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kStableLmNames{.model_types = kTypes,
                                      .fields = kFields,
                                      .tensors = kTensors,
                                      .presence = kPresence,
                                      .rotated_share = 0.25,
                                      .to_gguf = StableLmToGguf};

}  // namespace ingle
