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

// Of each layer 1 if it knows positions, which no_rope_layers says despite its name.
std::vector<double> ReadRotations(HuggingFaceFields& fields) {
  const double interval = fields.Number("no_rope_layer_interval", 4);
  if (!(interval >= 1)) fields.Refuse("no_rope_layer_interval", Cat("is ", interval));
  if (!fields.Has("no_rope_layers")) return AllButEvery(interval, fields);
  std::vector<double> rotates;
  const nlohmann::json& listed = fields["no_rope_layers"];
  for (const nlohmann::json& entry : listed.is_array() ? listed : nlohmann::json::array()) {
    if (entry.is_number()) rotates.push_back(entry.get<double>() != 0 ? 1 : 0);
  }
  if (!listed.is_array() || listed.size() != rotates.size() || rotates.size() != fields.Layers()) {
    fields.Refuse("no_rope_layers",
                  Cat("is no list of a number for each of ", fields.Layers(), " layers"));
  }
  return rotates;
}

void AdaptSmolLm3(HuggingFaceFields& fields) {
  fields.Set("rope.pairs", "halves");
  const std::vector<double> rotates = ReadRotations(fields);
  fields.Set("rope.layers", rotates, "no_rope_layers");
  if (!fields.Flag("use_sliding_window", false) || !fields.Has("sliding_window")) {
    return SetWindows(fields, {});
  }
  fields.Set("attention.sliding_window", fields.Number("sliding_window", 0), "sliding_window");
  std::vector<double> slides;
  for (const double turns : rotates) slides.push_back(1 - turns);
  SetWindows(fields, std::move(slides));
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
  if (!rotates.empty() && rotates.size() != c->shape.layers) {
    config.Reject("rope.layers",
                  Cat("has ", rotates.size(), " entries for ", c->shape.layers, " layers"));
  }
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    const bool turns = rotates.empty() ? (layer + 1) % 4 != 0 : rotates[layer] != 0;
    const RopeAttributes* rope = turns ? &c->rope : nullptr;
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
