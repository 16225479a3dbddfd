// Llama 1 to 3.x and what shares their shape: SmolLM 1 and 2, TinyLlama, Yi, DeepSeek-LLM ...;
// Mistral, whose layers see a window; Mixtral, whose feed-forward networks are mixtures of experts.
// Touvron et al., arXiv 2302.13971 and 2307.09288; Grattafiori et al., arXiv 2407.21783; Jiang et
// al., arXiv 2310.06825 and 2401.04088.
#include "models/decoder.h"
#include "models/experts.h"
#include "models/families.h"
#include "models/huggingface/fields.h"

namespace ingle {
namespace {

Value LlamaLayer(DecoderBuilder& b, Value x, uint32_t layer, const ExpertsConfig& experts) {
  const std::string blk = Cat("blk.", layer, ".");
  Value h = b.Norm(x, blk + "attn_norm");
  x = b.AddBlock(x, b.Attend(h, blk, layer, {.rope = &b.c.rope, .window = b.c.windows[layer]}));
  h = b.Norm(x, blk + "ffn_norm");
  return b.AddBlock(
      x, HasExperts(b, blk, experts) ? MixExperts(b, h, blk, experts) : b.GatedFeedForward(h, blk));
}

constexpr FieldRule kLlamaFields[] = {{"max_position_embeddings", "context_length", "2048"}};

constexpr FieldRule kMistralFields[] = {
    {"sliding_window", "attention.sliding_window", "4096", true},
    {"num_key_value_heads", "attention.head_count_kv", "8"},
    {"max_position_embeddings", "context_length", "131072"},
};

constexpr FieldRule kMixtralFields[] = {
    {"sliding_window", "attention.sliding_window"},
    {"num_key_value_heads", "attention.head_count_kv", "8"},
    {"max_position_embeddings", "context_length", "131072"},
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", "1e-5"},
    {"num_local_experts", "expert_count", "8"},
    {"num_experts", "expert_count"},
    {"num_experts_per_tok", "expert_used_count", "2"},
};
constexpr TensorRule kMixtralTensors[] = {
    {"layers.{}.block_sparse_moe.gate", "blk.{}.ffn_gate_inp"},
    {"layers.{}.block_sparse_moe.experts.{}.w1", "blk.{}.ffn_gate.{}"},
    {"layers.{}.block_sparse_moe.experts.{}.w2", "blk.{}.ffn_down.{}"},
    {"layers.{}.block_sparse_moe.experts.{}.w3", "blk.{}.ffn_up.{}"},
    {"layers.{}.mlp.gate", "blk.{}.ffn_gate_inp"},
    {"layers.{}.mlp.experts.gate_up_proj", "blk.{}.ffn_gate_up_exps.weight"},
    {"layers.{}.mlp.experts.down_proj", "blk.{}.ffn_down_exps.weight"},
};

// Mistral and Mixtral have no biases.
constexpr PresenceRule kLlamaPresence[] = {
    {"blk.{}.attn_*.bias", "attention_bias"},
    {"blk.{}.ffn_*.bias", "mlp_bias"},
};
constexpr PresenceRule kMixtralPresence[] = {{"blk.{}.ffn_gate_inp.weight", kInClass}};
constexpr std::string_view kLlamaTypes[] = {"llama"};
constexpr std::string_view kMixtralTypes[] = {"mixtral"};
constexpr std::string_view kMistralTypes[] = {"mistral"};

// transformers turns element i with i + size / 2; GGUF files have their rows reordered.
void TurnHalves(HuggingFaceFields& fields) { fields.Set("rope.pairs", "halves"); }

}  // namespace

Result<Model> BuildLlama(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, {.pairs = RopePairs::kInterleaved},
                       {"attention.sliding_window", "expert_count"});
  if (!c) return Fail(c.error());
  c->windows = ReadWindows(config, c->shape.layers, 1);
  ExpertsConfig experts;
  if (config.Number("expert_count", 0, 4096, 0) > 0) {
    experts = ReadExperts(config, *c, {.normalize = true});
  }
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    x = LlamaLayer(b, x, layer, experts);
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kLlamaNames{.model_types = kLlamaTypes,
                                   .fields = kLlamaFields,
                                   .presence = kLlamaPresence,
                                   .adapt = TurnHalves};
const HuggingFaceNames kMixtralNames{.model_types = kMixtralTypes,
                                     .fields = kMixtralFields,
                                     .tensors = kMixtralTensors,
                                     .presence = kMixtralPresence,
                                     .rope_theta = 1e6,
                                     .adapt = TurnHalves};
const HuggingFaceNames kMistralNames{
    .model_types = kMistralTypes, .fields = kMistralFields, .adapt = TurnHalves};

}  // namespace ingle
