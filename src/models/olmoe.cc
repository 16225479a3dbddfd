// OLMoE: every feed-forward network a mixture of many small experts; q and k normed over all heads.
// Muennighoff et al., arXiv 2409.02060.
#include "models/decoder.h"
#include "models/experts.h"
#include "models/families.h"
#include "models/huggingface/fields.h"

namespace ingle {
namespace {

constexpr FieldRule kFields[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", "1e-5"},
    {"max_position_embeddings", "context_length", "4096"},
    {"clip_qkv", "attention.clamp_kqv"},
    {"num_experts", "expert_count", "64"},
    {"num_local_experts", "expert_count"},
    {"num_experts_per_tok", "expert_used_count", "8"},
    {"norm_topk_prob", "expert_weights_norm", "false"},
};
constexpr TensorRule kTensors[] = {
    {"layers.{}.mlp.gate", "blk.{}.ffn_gate_inp"},
    {"layers.{}.mlp.experts.{}.gate_proj", "blk.{}.ffn_gate.{}"},
    {"layers.{}.mlp.experts.{}.up_proj", "blk.{}.ffn_up.{}"},
    {"layers.{}.mlp.experts.{}.down_proj", "blk.{}.ffn_down.{}"},
    {"layers.{}.mlp.experts.gate_up_proj", "blk.{}.ffn_gate_up_exps.weight"},
    {"layers.{}.mlp.experts.down_proj", "blk.{}.ffn_down_exps.weight"},
};
constexpr PresenceRule kPresence[] = {{"blk.{}.attn_*.bias", "attention_bias"}};
constexpr std::string_view kTypes[] = {"olmoe"};

}  // namespace

Result<Model> BuildOlmoe(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, {}, {"attention.clamp_kqv", "expert_count"});
  if (!c) return Fail(c.error());
  const ExpertsConfig experts = ReadExperts(config, *c, {});
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    const Value h = b.Norm(x, blk + "attn_norm");
    x = b.AddBlock(
        x, b.Attend(h, blk, layer, {.head_norm = SelfAttention::HeadNorm::kAll, .rope = &c->rope}));
    x = b.AddBlock(x, MixExperts(b, b.Norm(x, blk + "ffn_norm"), blk, experts));
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kOlmoeNames{
    .model_types = kTypes, .fields = kFields, .tensors = kTensors, .presence = kPresence};

}  // namespace ingle
