// Llama 1 to 3.x and what shares their shape: SmolLM 1 and 2, TinyLlama, Yi, DeepSeek-LLM ...; and
// Mistral, whose layers see a window.
// Touvron et al., arXiv 2302.13971 and 2307.09288; Grattafiori et al., arXiv 2407.21783; Jiang et
// al., arXiv 2310.06825.
#include "models/decoder.h"
#include "models/families.h"
#include "models/huggingface/fields.h"

namespace ingle {
namespace {

Value LlamaLayer(DecoderBuilder& b, Value x, uint32_t layer) {
  const std::string blk = Cat("blk.", layer, ".");
  const Value h = b.Norm(x, blk + "attn_norm");
  x = b.AddBlock(x, b.Attend(h, blk, layer, {.rope = &b.c.rope, .window = b.c.windows[layer]}));
  return b.AddBlock(x, b.GatedFeedForward(b.Norm(x, blk + "ffn_norm"), blk));
}

constexpr FieldRule kPretraining[] = {{"pretraining_tp", "", "1"}};

constexpr FieldRule kMistralFields[] = {
    {"sliding_window", "attention.sliding_window", "4096", true},
    {"num_key_value_heads", "attention.head_count_kv", "8"},
    {"max_position_embeddings", "context_length", "131072"},
};

constexpr std::string_view kLlamaTypes[] = {"llama"};
constexpr std::string_view kMistralTypes[] = {"mistral"};

// transformers turns element i with i + size / 2; GGUF files have their rows reordered.
void TurnHalves(HuggingFaceFields& fields) { fields.Set("rope.pairs", "halves"); }

}  // namespace

Result<Model> BuildLlama(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, {.pairs = RopePairs::kInterleaved},
                       {"attention.sliding_window"});
  if (!c) return Fail(c.error());
  c->windows = ReadWindows(config, c->shape.layers, 1);
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) x = LlamaLayer(b, x, layer);
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kLlamaNames{
    .model_types = kLlamaTypes, .fields = kPretraining, .adapt = TurnHalves};
const HuggingFaceNames kMistralNames{
    .model_types = kMistralTypes, .fields = kMistralFields, .adapt = TurnHalves};

}  // namespace ingle
