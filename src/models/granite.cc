// Granite 3 (dense): Llama's layers with four multipliers (Granite Team, 2024).
#include "models/decoder.h"
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
constexpr std::string_view kTypes[] = {"granite"};

void TurnHalves(HuggingFaceFields& fields) { fields.Set("rope.pairs", "halves"); }

}  // namespace

Result<Model> BuildGranite(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, {.pairs = RopePairs::kInterleaved},
                       {"embedding_scale", "residual_scale", "logit_scale"});
  if (!c) return Fail(c.error());
  c->logit_scale = 1 / c->logit_scale;
  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    x = b.AddBlock(x, b.Attend(b.Norm(x, blk + "attn_norm"), blk, layer, {.rope = &c->rope}));
    x = b.AddBlock(x, b.GatedFeedForward(b.Norm(x, blk + "ffn_norm"), blk));
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kGraniteNames{.model_types = kTypes, .fields = kFields, .adapt = TurnHalves};

}  // namespace ingle
