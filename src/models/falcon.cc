// Falcon, the old decoder (7B, RW) and the new one (40B, 180B). Almazrouei et al., arXiv
// 2311.16867.
#include <cmath>

#include "models/decoder.h"
#include "models/families.h"
#include "models/huggingface/fields.h"

namespace ingle {
namespace {

constexpr TensorRule kTensors[] = {
    {"word_embeddings", "token_embd"},
    {"ln_f", "output_norm"},
    {"h.{}.self_attention.query_key_value", "blk.{}.attn_qkv", TensorChange::kSplitHeads},
    {"h.{}.self_attention.dense", "blk.{}.attn_output"},
    {"h.{}.mlp.dense_h_to_4h", "blk.{}.ffn_up"},
    {"h.{}.mlp.dense_4h_to_h", "blk.{}.ffn_down"},
    {"h.{}.input_layernorm", "blk.{}.attn_norm"},
    {"h.{}.ln_mlp", "blk.{}.attn_norm"},
    {"h.{}.ln_attn", "blk.{}.attn_norm_2"},
    {"h.{}.post_attention_layernorm", "blk.{}.ffn_norm"},
};
constexpr FieldRule kFields[] = {
    {"num_key_value_heads", kNotRead},
    {"head_dim", kNotRead},
    {"layer_norm_epsilon", "attention.layer_norm_epsilon", "1e-5"},
    {"ffn_hidden_size", "feed_forward_length"},
    {"activation", "feed_forward.activation", "\"gelu\""},
    {"num_kv_heads", "attention.head_count_kv"},
    {"hidden_size", "embedding_length"},
    {"num_hidden_layers", "block_count"},
    {"num_attention_heads", "attention.head_count"},
    // What the checkpoints' own code called them, before the class.
    {"n_embed", "embedding_length"},
    {"n_layer", "block_count"},
    {"n_head", "attention.head_count"},
    {"n_head_kv", "attention.head_count_kv"},
    {"max_position_embeddings", "context_length", "2048"},
    {"tie_word_embeddings", "tied", "true"},
};
constexpr PresenceRule kPresence[] = {
    {"blk.{}.attn_qkv.weight", kInClass}, {"blk.{}.ffn_norm.weight", "parallel_attn", true, false},
    {"output_norm.bias", kAlways},        {"blk.{}.ffn_norm.bias", kAlways},
    {"blk.{}.attn_norm.bias", kAlways},   {"blk.{}.attn_norm_2.bias", kAlways},
    {"blk.{}.attn_*.bias", "bias"},       {"blk.{}.ffn_*.bias", "bias"},
};
constexpr std::string_view kTypes[] = {"falcon", "RefinedWeb", "RefinedWebModel"};

// Slopes as BLOOM has them, rounded to bfloat16 as the reference does.
float RoundToBF16(double x) {
  int exponent;
  const double mantissa = std::frexp(x, &exponent);
  return static_cast<float>(std::ldexp(std::nearbyint(std::ldexp(mantissa, 8)), exponent - 8));
}

std::vector<float> AlibiSlopes(uint32_t heads) {
  const double power = std::exp2(std::floor(std::log2(heads)));
  std::vector<float> slopes;
  for (uint32_t head = 0; head < heads; ++head) {
    const bool within = head < power;
    const double base = std::exp2(-std::exp2(-(std::log2(within ? power : 2 * power) - 3)));
    const double exponent = within ? head + 1 : 2 * (head - power) + 1;
    slopes.push_back(RoundToBF16(std::pow(base, exponent)));
  }
  return slopes;
}

void AdaptFalcon(HuggingFaceFields& fields) {
  const bool is_new = fields.Flag("new_decoder_architecture", fields.Has("n_head_kv"));
  const bool parallel = fields.Flag("parallel_attn", true);
  const double heads = fields.Key("attention.head_count", 0);
  if (!is_new) {
    const bool one = fields.Flag("multi_query", true);
    const double stated = fields.Number("num_kv_heads", heads);
    if (!one && stated != heads) {
      fields.Refuse("num_kv_heads", "differs from num_attention_heads without multi_query");
    }
    fields.Set("attention.head_count_kv", one ? 1.0 : heads);
  }
  if (is_new && !parallel) {
    fields.Refuse("parallel_attn", "is false, which the new decoder has no way for");
  }
  // The new decoder has two norms unless it says otherwise.
  const double norms = fields.Number("num_ln_in_parallel_attn", is_new ? 2 : 1);
  if (!is_new && parallel && norms == 2) {
    fields.Refuse("num_ln_in_parallel_attn", "is 2, which the old decoder has no way for");
  }
  fields.Expect("blk.{}.attn_norm_2.weight", {is_new && norms == 2}, "num_ln_in_parallel_attn");
  if (fields.Key("feed_forward_length", 0) == 0) {
    fields.Set("feed_forward_length", 4 * fields.Key("embedding_length", 0));
  }
  if (fields.Flag("alibi", false)) fields.Set("attention.max_alibi_bias", 8.0);
}

}  // namespace

Result<Model> BuildFalcon(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  const bool alibi = config.Number("attention.max_alibi_bias", 0, 64, 0) != 0;
  auto c = ReadDecoder(checkpoint, config,
                       {.activation = Activation::kGelu, .rms_norm = false, .rotates = !alibi},
                       {"attention.max_alibi_bias"});
  if (!c) return Fail(c.error());
  if (const Status read = config.status(); !read) return Fail(read.error());
  if (alibi) {
    c->attention.slopes = AlibiSlopes(c->shape.heads);
    c->attention.rounds_bias = true;
  }

  DecoderBuilder b(checkpoint, *c);
  const SelfAttention attention{.rope = alibi ? nullptr : &c->rope};
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    const Value h = b.Norm(x, blk + "attn_norm");
    const bool two_norms = b.w.Has(blk + "attn_norm_2");
    const Value before = two_norms ? b.Norm(x, blk + "attn_norm_2") : h;
    x = b.AddBlock(x, b.Attend(before, blk, layer, attention));
    const bool serial = b.w.Has(blk + "ffn_norm");
    x = b.AddBlock(x, b.FeedForward(serial ? b.Norm(x, blk + "ffn_norm") : h, blk));
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kFalconNames{.model_types = kTypes,
                                    .fields = kFields,
                                    .tensors = kTensors,
                                    .presence = kPresence,
                                    .adapt = AdaptFalcon};

}  // namespace ingle
