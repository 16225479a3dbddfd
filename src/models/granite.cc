// Granite 3, dense and as mixtures of experts: Llama's layers with four multipliers (Granite Team,
// 2024).
#include "models/decoder.h"
#include "models/experts.h"
#include "models/families.h"
#include "models/huggingface/fields.h"

namespace ingle {
namespace {

constexpr FieldRule kFields[] = {
    {"embedding_multiplier", "embedding_scale", "1"},
    {"residual_multiplier", "residual_scale", "1"},
    {"attention_multiplier", "attention.scale", "1"},
    {"logits_scaling", "logit_scale", "1"},
    {"max_position_embeddings", "context_length", "2048"},
};
constexpr FieldRule kMoeFields[] = {
    {"embedding_multiplier", "embedding_scale", "1"},
    {"residual_multiplier", "residual_scale", "1"},
    {"attention_multiplier", "attention.scale", "1"},
    {"logits_scaling", "logit_scale", "1"},
    {"max_position_embeddings", "context_length", "2048"},
    {"num_local_experts", "expert_count", "8"},
    {"num_experts_per_tok", "expert_used_count", "2"},
};
constexpr TensorRule kMoeTensors[] = {
    {"layers.{}.block_sparse_moe.router.layer", "blk.{}.ffn_gate_inp"},
    {"layers.{}.block_sparse_moe.input_linear", "blk.{}.ffn_gate_up_exps"},
    {"layers.{}.block_sparse_moe.output_linear", "blk.{}.ffn_down_exps"},
};
constexpr PresenceRule kPresence[] = {
    {"blk.{}.attn_*.bias", "attention_bias"},
    {"blk.{}.ffn_*.bias", "mlp_bias"},
};
constexpr PresenceRule kMoePresence[] = {
    {"blk.{}.attn_*.bias", "attention_bias"},
    {"blk.{}.ffn_gate_inp.weight", kInClass},
    {"blk.{}.ffn_gate_up_exps.weight", kInClass},
};
constexpr std::string_view kMoeTypes[] = {"granitemoe"};
constexpr std::string_view kTypes[] = {"granite"};

void AdaptGranite(HuggingFaceFields& fields) {
  fields.Set("rope.pairs", "halves");
  RefuseZeros({"attention_multiplier", "logits_scaling"}, fields);
}

}  // namespace

Result<Model> BuildGranite(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, {.pairs = RopePairs::kInterleaved},
                       {"embedding_scale", "residual_scale", "logit_scale", "expert_count"});
  if (!c) return Fail(c.error());
  ExpertsConfig experts;
  if (config.Number("expert_count", 0, 4096, 0) > 0) {
    experts = ReadExperts(config, *c, {.scores = RouteAttributes::Scores::kSoftmaxOfTopK});
    if (config.Number("expert_shared_feed_forward_length", 0, kWidestLayer, 0) > 0) {
      experts.shared_hidden = config.Count("expert_shared_feed_forward_length", kWidestLayer);
    }
  }
  if (const Status read = config.status(); !read) return Fail(read.error());
  c->logit_scale = 1 / c->logit_scale;
  // What files call the switch of rotation.
  const bool rotates = config.Flag("rope.scaling.finetuned", true);
  if (const Status read = config.status(); !read) return Fail(read.error());
  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    x = b.AddBlock(x, b.Attend(b.Norm(x, blk + "attn_norm"), blk, layer,
                               {.rope = rotates ? &c->rope : nullptr}));
    const Value h = b.Norm(x, blk + "ffn_norm");
    x = b.AddBlock(x, HasExperts(b, blk, experts) ? MixExperts(b, h, blk, experts)
                                                  : b.GatedFeedForward(h, blk));
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kGraniteMoeNames{.model_types = kMoeTypes,
                                        .fields = kMoeFields,
                                        .tensors = kMoeTensors,
                                        .presence = kMoePresence,
                                        .adapt = AdaptGranite};
const HuggingFaceNames kGraniteNames{
    .model_types = kTypes, .fields = kFields, .presence = kPresence, .adapt = AdaptGranite};

}  // namespace ingle
