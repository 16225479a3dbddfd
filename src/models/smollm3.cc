// SmolLM3: Llama's layers, of which every fourth knows no positions (Yang et al., arXiv
// 2501.18795).
#include "models/decoder.h"
#include "models/families.h"
#include "models/huggingface/fields.h"
#include "models/huggingface/gguf_form.h"

namespace ingle {
namespace {

constexpr FieldRule kFields[] = {
    {"num_key_value_heads", "attention.head_count_kv", "4"},
    {"max_position_embeddings", "context_length", "32768"},
    {"tie_word_embeddings", "tied", "true"},
};
constexpr PresenceRule kPresence[] = {
    {"blk.{}.attn_*.bias", "attention_bias"},
    {"blk.{}.ffn_*.bias", "mlp_bias"},
};
constexpr std::string_view kTypes[] = {"smollm3"};

bool Rotates(const std::vector<int64_t>& listed, uint32_t interval, uint32_t layer) {
  if (listed.size() > 1) return listed[layer] != 0;
  return (layer + 1) % interval != 0;
}

void AdaptSmolLm3(HuggingFaceFields& fields) {
  fields.Set("rope.pairs", "halves");
  const auto layers = static_cast<size_t>(std::min(fields.Key("block_count", 0), 1024.0));
  const auto interval =
      static_cast<size_t>(std::max(1.0, fields.Number("no_rope_layer_interval", 4)));
  std::vector<double> rotates, slides;
  const nlohmann::json& listed = fields["no_rope_layers"];
  for (size_t layer = 0; layer < layers; ++layer) {
    const bool stated = listed.is_array() && layer < listed.size() && listed[layer].is_number();
    const bool rope = stated ? listed[layer].get<double>() != 0 : (layer + 1) % interval != 0;
    rotates.push_back(rope ? 1 : 0);
    slides.push_back(rope ? 0 : 1);
  }
  if (listed.is_array() && listed.size() != layers) {
    fields.Refuse("no_rope_layers", Cat("has ", listed.size(), " entries for ", layers, " layers"));
  }
  fields.Set("rope.layers", std::move(rotates));
  if (!fields.Flag("use_sliding_window", false) || !fields.Has("sliding_window")) return;
  fields.Set("attention.sliding_window", fields.Number("sliding_window", 0));
  fields.Set("attention.sliding_window_pattern", std::move(slides));
  ReadLayerTypes(fields);
}

// Files leave it at every fourth layer.
void SmolLm3ToGguf(GgufForm& form) {
  const std::vector<double> rotates = form.List("rope.layers");
  for (size_t layer = 0; layer < rotates.size(); ++layer) {
    if ((rotates[layer] != 0) != ((layer + 1) % 4 != 0)) return;
  }
  form.Erase("rope.layers");
}

}  // namespace

Result<Model> BuildSmolLm3(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, {.pairs = RopePairs::kInterleaved},
                       {"attention.sliding_window"});
  if (!c) return Fail(c.error());
  c->windows = ReadWindows(config, c->shape.layers, 1);
  const std::vector<int64_t> rotates = config.Ints("rope.layers");
  if (rotates.size() > 1 && rotates.size() != c->shape.layers) {
    config.Reject("rope.layers", Cat("has ", rotates.size(), " entries"));
  }
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    const RopeAttributes* rope = Rotates(rotates, 4, layer) ? &c->rope : nullptr;
    const Value h = b.Norm(x, blk + "attn_norm");
    x = b.AddBlock(x, b.Attend(h, blk, layer, {.rope = rope, .window = c->windows[layer]}));
    x = b.AddBlock(x, b.GatedFeedForward(b.Norm(x, blk + "ffn_norm"), blk));
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kSmolLm3Names{.model_types = kTypes,
                                     .fields = kFields,
                                     .presence = kPresence,
                                     .rope_theta = 2e6,
                                     .adapt = AdaptSmolLm3,
                                     .to_gguf = SmolLm3ToGguf};

}  // namespace ingle
