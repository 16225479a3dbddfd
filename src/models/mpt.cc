// MPT: ALiBi instead of rotated positions (MosaicML, 2023; Press et al., arXiv 2108.12409).
#include <cmath>

#include "models/decoder.h"
#include "models/families.h"
#include "models/huggingface/fields.h"

namespace ingle {
namespace {

constexpr TensorRule kTensors[] = {
    {"wte", "token_embd"},
    {"norm_f", "output_norm"},
    {"blocks.{}.norm_1", "blk.{}.attn_norm"},
    {"blocks.{}.norm_2", "blk.{}.ffn_norm"},
    {"blocks.{}.attn.Wqkv", "blk.{}.attn_qkv"},
    {"blocks.{}.attn.out_proj", "blk.{}.attn_output"},
    {"blocks.{}.ffn.up_proj", "blk.{}.ffn_up"},
    {"blocks.{}.ffn.down_proj", "blk.{}.ffn_down"},
};
constexpr FieldRule kFields[] = {
    {"num_key_value_heads", kNotRead},
    {"head_dim", kNotRead},
    {"n_layers", "block_count", "24"},
    {"d_model", "embedding_length", "2048"},
    {"n_heads", "attention.head_count", "16"},
    {"num_hidden_layers", "block_count"},
    {"hidden_size", "embedding_length"},
    {"num_attention_heads", "attention.head_count"},
    {"max_seq_len", "context_length", "2048"},
    {"layer_norm_epsilon", "attention.layer_norm_epsilon", "1e-5"},
    {"hidden_act", "", "\"gelu\""},
    {"expansion_ratio", "", "4"},
    {"logit_scale", ""},
    {"no_bias", "", "true"},
    {"embedding_fraction", "", "1.0"},
    {"tie_word_embeddings", "tied", "true"},
};
constexpr PresenceRule kPresence[] = {{"blk.{}.attn_qkv.weight", kInClass}};
constexpr std::string_view kTypes[] = {"mpt"};

void AdaptMpt(HuggingFaceFields& fields) {
  fields.Set("feed_forward_length", 4 * fields.Key("embedding_length", 0));
  const nlohmann::json& attention = fields["attn_config"];
  if (!attention.is_object() && !attention.is_null()) fields.Refuse("attn_config", "is no object");
  const nlohmann::json options = attention.is_object() ? attention : nlohmann::json::object();
  const auto refuse_unless = [&](const char* name, const nlohmann::json& wanted) {
    if (options.contains(name) && !options[name].is_null() && options[name] != wanted) {
      fields.Refuse(Cat("attn_config.", name), Cat("is not ", wanted.dump()));
    }
  };
  refuse_unless("alibi", true);
  refuse_unless("qk_ln", false);
  refuse_unless("prefix_lm", false);
  refuse_unless("attn_type", "multihead_attention");
  const auto number = [&](const char* name, double otherwise) {
    if (!options.contains(name) || options[name].is_null()) return otherwise;
    if (options[name].is_number()) return options[name].get<double>();
    fields.Refuse(Cat("attn_config.", name), "is no number");
    return otherwise;
  };
  fields.Set("attention.max_alibi_bias", 8.0);  // the class reads no other from its configuration
  if (number("clip_qkv", 0) != 0) fields.Set("attention.clamp_kqv", number("clip_qkv", 0));
  if (number("softmax_scale", 0) != 0) fields.Set("attention.scale", number("softmax_scale", 0));
}

std::vector<float> AlibiSlopes(uint32_t heads, double most) {
  const auto power = static_cast<uint32_t>(std::exp2(std::ceil(std::log2(heads))));
  std::vector<float> slopes;
  for (uint32_t k = 1; k <= power; ++k) {
    slopes.push_back(static_cast<float>(std::exp2(-most * k / power)));
  }
  if (power == heads) return slopes;
  // Every second one first, then those between.
  std::vector<float> chosen;
  for (uint32_t i = 1; i < power; i += 2) chosen.push_back(slopes[i]);
  for (uint32_t i = 0; i < power; i += 2) chosen.push_back(slopes[i]);
  chosen.resize(heads);
  return chosen;
}

}  // namespace

Result<Model> BuildMpt(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config,
                       {.activation = Activation::kGelu, .rms_norm = false, .rotates = false},
                       {"attention.max_alibi_bias", "attention.clamp_kqv"});
  if (!c) return Fail(c.error());
  const double most = config.Number("attention.max_alibi_bias", 0, 64, 0);
  if (const Status read = config.status(); !read) return Fail(read.error());
  if (most > 0) c->attention.slopes = AlibiSlopes(c->shape.heads, most);

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    x = b.AddBlock(x, b.Attend(b.Norm(x, blk + "attn_norm"), blk, layer, {}));
    x = b.AddBlock(x, b.FeedForward(b.Norm(x, blk + "ffn_norm"), blk));
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kMptNames{.model_types = kTypes,
                                 .fields = kFields,
                                 .tensors = kTensors,
                                 .presence = kPresence,
                                 .adapt = AdaptMpt};

}  // namespace ingle
