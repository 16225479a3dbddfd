// T5 and mT5: an encoder reads the source, a decoder writes what follows from it. Raffel et al.,
// arXiv 1910.10683; Xue et al., arXiv 2010.11934. docs/design/encoder-decoder.md.
#include <algorithm>
#include <cmath>
#include <iterator>

#include "models/decoder.h"
#include "models/families.h"
#include "models/huggingface/fields.h"
#include "models/huggingface/gguf_form.h"

namespace ingle {
namespace {

constexpr FieldRule kFields[] = {
    {"num_layers", "block_count", "6"},
    {"num_hidden_layers", "block_count"},
    {"num_decoder_layers", "decoder_block_count"},
    {"d_model", "embedding_length", "512"},
    {"hidden_size", "embedding_length"},
    {"d_ff", "feed_forward_length", "2048"},
    {"num_heads", "attention.head_count", "8"},
    {"num_attention_heads", "attention.head_count"},
    {"d_kv", "attention.key_length", "64"},
    {"head_dim", "attention.key_length"},
    {"n_positions", "context_length", "512"},
    {"layer_norm_epsilon", "attention.layer_norm_rms_epsilon", "1e-6"},
    {"relative_attention_num_buckets", "attention.relative_buckets_count", "32"},
    {"relative_attention_max_distance", "attention.relative_max_distance", "128"},
    {"pad_token_id", "pad_token_id", "0"},
    {"decoder_start_token_id", "decoder_start_token_id"},
    {"hidden_act", kNotRead},
    {"tie_word_embeddings", "tied", "true"},
    {"is_decoder", ""},
};
constexpr TensorRule kTensors[] = {
    {"shared", "token_embd"},
    {"encoder.embed_tokens", ""},
    {"decoder.embed_tokens", ""},
    {"encoder.final_layer_norm", "enc.output_norm"},
    {"encoder.block.{}.layer.0.layer_norm", "enc.blk.{}.attn_norm"},
    {"encoder.block.{}.layer.0.SelfAttention.q", "enc.blk.{}.attn_q"},
    {"encoder.block.{}.layer.0.SelfAttention.k", "enc.blk.{}.attn_k"},
    {"encoder.block.{}.layer.0.SelfAttention.v", "enc.blk.{}.attn_v"},
    {"encoder.block.{}.layer.0.SelfAttention.o", "enc.blk.{}.attn_o"},
    {"encoder.block.{}.layer.0.SelfAttention.relative_attention_bias", "enc.blk.{}.attn_rel_b"},
    {"encoder.block.{}.layer.1.layer_norm", "enc.blk.{}.ffn_norm"},
    {"encoder.block.{}.layer.1.DenseReluDense.wi", "enc.blk.{}.ffn_up"},
    {"encoder.block.{}.layer.1.DenseReluDense.wi_0", "enc.blk.{}.ffn_gate"},
    {"encoder.block.{}.layer.1.DenseReluDense.wi_1", "enc.blk.{}.ffn_up"},
    {"encoder.block.{}.layer.1.DenseReluDense.wo", "enc.blk.{}.ffn_down"},
    {"decoder.final_layer_norm", "dec.output_norm"},
    {"decoder.block.{}.layer.0.layer_norm", "dec.blk.{}.attn_norm"},
    {"decoder.block.{}.layer.0.SelfAttention.q", "dec.blk.{}.attn_q"},
    {"decoder.block.{}.layer.0.SelfAttention.k", "dec.blk.{}.attn_k"},
    {"decoder.block.{}.layer.0.SelfAttention.v", "dec.blk.{}.attn_v"},
    {"decoder.block.{}.layer.0.SelfAttention.o", "dec.blk.{}.attn_o"},
    {"decoder.block.{}.layer.0.SelfAttention.relative_attention_bias", "dec.blk.{}.attn_rel_b"},
    {"decoder.block.{}.layer.1.layer_norm", "dec.blk.{}.cross_attn_norm"},
    {"decoder.block.{}.layer.1.EncDecAttention.q", "dec.blk.{}.cross_attn_q"},
    {"decoder.block.{}.layer.1.EncDecAttention.k", "dec.blk.{}.cross_attn_k"},
    {"decoder.block.{}.layer.1.EncDecAttention.v", "dec.blk.{}.cross_attn_v"},
    {"decoder.block.{}.layer.1.EncDecAttention.o", "dec.blk.{}.cross_attn_o"},
    // Of older files, which the class does not read.
    {"decoder.block.{}.layer.1.EncDecAttention.relative_attention_bias", ""},
    {"decoder.block.{}.layer.2.layer_norm", "dec.blk.{}.ffn_norm"},
    {"decoder.block.{}.layer.2.DenseReluDense.wi", "dec.blk.{}.ffn_up"},
    {"decoder.block.{}.layer.2.DenseReluDense.wi_0", "dec.blk.{}.ffn_gate"},
    {"decoder.block.{}.layer.2.DenseReluDense.wi_1", "dec.blk.{}.ffn_up"},
    {"decoder.block.{}.layer.2.DenseReluDense.wo", "dec.blk.{}.ffn_down"},
};
constexpr std::string_view kT5Types[] = {"t5"};
constexpr std::string_view kMt5Types[] = {"mt5"};

// feed_forward_proj has "gated-" before the name of an activation where of two products one goes
// through it and gates the other. dense_act_fn and is_gated_act say the same, and prevail.
void ReadActivationOf(std::string_view otherwise, HuggingFaceFields& fields) {
  const nlohmann::json& field = fields["feed_forward_proj"];
  if (!field.is_string() && !field.is_null()) fields.Refuse("feed_forward_proj", "is no word");
  std::string name = field.is_string() ? field.get<std::string>() : std::string(otherwise);
  const bool gated = name.starts_with("gated-");
  if (gated) name.erase(0, 6);
  if (gated && name == "gelu") name = "gelu_new";
  const char* source = "feed_forward_proj";
  if (fields.Has("dense_act_fn")) {
    source = "dense_act_fn";
    if (!fields[source].is_string()) return fields.Refuse(source, "is no word");
    name = fields[source].get<std::string>();
  }
  fields.Set("feed_forward.gated", fields.Flag("is_gated_act", gated) ? 1.0 : 0.0);
  fields.Set("feed_forward.activation", std::string(ActivationName(name)), source);
}

void SetStart(HuggingFaceFields& fields) {
  if (fields.Has("decoder_start_token_id")) return;
  fields.Set("decoder_start_token_id", fields.Key("pad_token_id", 0));
}

void AdaptT5(HuggingFaceFields& fields) {
  ReadActivationOf("relu", fields);
  SetStart(fields);
  const bool scales =
      fields.Flag("scale_decoder_outputs", fields.Flag("tie_word_embeddings", true));
  const double width = fields.Key("embedding_length", 1);
  fields.Set("logit_scale", scales && width > 0 ? 1 / std::sqrt(width) : 1);
}

void AdaptMt5(HuggingFaceFields& fields) {
  ReadActivationOf("gated-gelu", fields);
  SetStart(fields);
  fields.Set("logit_scale", 1.0);
}

void T5ToGguf(GgufForm& form) { form.Erase("pad_token_id"); }

struct RelativePositions {
  uint32_t buckets = 0;
  uint32_t farthest = 0;  // from here on all distances are alike

  // The bucket of a key at this distance after the query; before it, if negative.
  uint16_t BucketOf(int64_t distance, bool both_ways) const {
    const uint32_t count = both_ways ? buckets / 2 : buckets;
    const uint32_t base = both_ways && distance > 0 ? count : 0;
    const auto far =
        static_cast<uint32_t>(both_ways ? std::abs(distance) : std::max<int64_t>(-distance, 0));
    const uint32_t exact = count / 2;
    if (far < exact) return static_cast<uint16_t>(base + far);
    // In f32, as the reference has it: where a bucket ends is a matter of rounding.
    const float turns = std::log(static_cast<float>(far) / static_cast<float>(exact)) /
                        static_cast<float>(std::log(static_cast<double>(farthest) / exact)) *
                        static_cast<float>(count - exact);
    return static_cast<uint16_t>(base + std::min(count - 1, exact + static_cast<uint32_t>(turns)));
  }

  // By distance, from -farthest to farthest.
  std::vector<uint16_t> Table(bool both_ways) const {
    std::vector<uint16_t> table;
    for (int64_t distance = -int64_t{farthest}; distance <= farthest; ++distance) {
      table.push_back(BucketOf(distance, both_ways));
    }
    return table;
  }
};

RelativePositions ReadPositions(ConfigReader& config) {
  RelativePositions positions;
  positions.buckets = config.Count("attention.relative_buckets_count", 1u << 12, 32);
  positions.farthest = config.Count("attention.relative_max_distance", 1u << 12, 128);
  // Each direction needs one bucket of one distance at least, and one of several.
  if (positions.buckets < 4 || positions.buckets / 2 >= positions.farthest) {
    config.Reject("attention.relative_buckets_count",
                  Cat("is ", positions.buckets, ", but 4 to 2 · ", positions.farthest,
                      " are needed for distances up to ", positions.farthest));
  }
  return positions;
}

class T5Stack {
 public:
  // name: "enc" or "dec".
  T5Stack(const Checkpoint& checkpoint, const DecoderConfig& config, std::string name,
          const RelativePositions& positions, bool both_ways)
      : b(checkpoint, config), name_(std::move(name)), self_(config.attention) {
    self_.causal = !both_ways;
    self_.buckets = positions.Table(both_ways);
    biases_ = b.w.Floats(Blk(0) + "attn_rel_b", positions.buckets, self_.heads);
  }

  std::string Blk(uint32_t layer) const { return Cat(name_, ".blk.", layer, "."); }

  // cache: which of the session's.
  Value SelfAttend(Value x, uint32_t layer, uint32_t cache) {
    const std::string blk = Blk(layer) + "attn_";
    const Value h = b.Norm(x, blk + "norm");
    self_.state = cache;
    const Value q = Heads(h, blk + "q"), k = Heads(h, blk + "k"), v = Heads(h, blk + "v");
    return AddOutput(x, b.g.Attention(q, k, v, self_, biases_), blk);
  }

  Value CrossAttend(Value x, uint32_t layer) {
    const std::string blk = Blk(layer) + "cross_attn_";
    const Value q = Heads(b.Norm(x, blk + "norm"), blk + "q");
    return AddOutput(x, b.g.Attention(q, std::nullopt, std::nullopt, Source(layer)), blk);
  }

  // Keeps the source's keys and values for the decoder's layer.
  void Remember(Value states, uint32_t layer) {
    const std::string blk = Cat("dec.blk.", layer, ".cross_attn_");
    b.g.CacheAppend(Heads(states, blk + "k"), Heads(states, blk + "v"), Source(layer));
  }

  Value Feed(Value x, uint32_t layer, bool gated) {
    const Value h = b.Norm(x, Blk(layer) + "ffn_norm");
    return b.g.Add(x, gated ? b.GatedFeedForward(h, Blk(layer)) : b.FeedForward(h, Blk(layer)));
  }

  DecoderBuilder b;

 private:
  Value Heads(Value x, const std::string& name) {
    return b.Linear(x, name, uint64_t{self_.heads} * self_.key_size, b.c.shape.width);
  }
  Value AddOutput(Value x, Value attended, const std::string& blk) {
    const uint64_t columns = uint64_t{self_.heads} * self_.value_size;
    return b.g.Add(x, b.Linear(attended, blk + "o", b.c.shape.width, columns));
  }
  AttentionAttributes Source(uint32_t layer) const {
    AttentionAttributes source = b.c.attention;
    source.state = layer;
    source.of_source = true;
    return source;
  }

  std::string name_;
  AttentionAttributes self_;
  Value biases_;
};

struct T5Config {
  RelativePositions positions;
  bool gated = false;
  uint32_t decoder_layers = 0;
  int32_t start_token = 0;
};

T5Config ReadT5(const Checkpoint& checkpoint, ConfigReader& config, bool gated, DecoderConfig& c) {
  T5Config t5;
  t5.gated = gated;
  c.attention.scale = 1;
  t5.positions = ReadPositions(config);
  t5.decoder_layers = config.Count("decoder_block_count", 1024, c.shape.layers);
  t5.start_token =
      static_cast<int32_t>(config.Number("decoder_start_token_id", 0, c.shape.vocabulary - 1, 0));
  // What files without a field of their own do: a tied output is scaled.
  if (!config.Has("logit_scale") && !checkpoint.HasTensor("output.weight")) {
    c.logit_scale = 1 / std::sqrt(static_cast<float>(c.shape.width));
  }
  c.shape.start_token = t5.start_token;
  return t5;
}

// The answer is the states after the last norm; what the decoder needs is in the cache.
Result<Model> BuildEncoder(const Checkpoint& checkpoint, const DecoderConfig& c,
                           const T5Config& t5) {
  T5Stack encoder(checkpoint, c, "enc", t5.positions, true);
  Value x = encoder.b.Embed();
  for (uint32_t layer = 0; layer < c.shape.layers; ++layer) {
    // Behind the caches for the decoder; of no use to any other layer.
    x = encoder.SelfAttend(x, layer, t5.decoder_layers);
    x = encoder.Feed(x, layer, t5.gated);
  }
  x = encoder.b.Norm(x, "enc.output_norm");
  for (uint32_t layer = 0; layer < t5.decoder_layers; ++layer) encoder.Remember(x, layer);
  const Value states = encoder.b.g.SelectRows(x, encoder.b.g.OutputRows());
  return encoder.b.Finish(states, states);
}

Result<Model> BuildDecoder(const Checkpoint& checkpoint, const DecoderConfig& c,
                           const T5Config& t5) {
  T5Stack decoder(checkpoint, c, "dec", t5.positions, false);
  Value x = decoder.b.Embed();
  for (uint32_t layer = 0; layer < t5.decoder_layers; ++layer) {
    x = decoder.SelfAttend(x, layer, layer);
    x = decoder.CrossAttend(x, layer);
    x = decoder.Feed(x, layer, t5.gated);
  }
  return decoder.b.Finish(decoder.b.Logits(x, "dec.output_norm"));
}

}  // namespace

Result<Model> BuildT5(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  // GGUF files have no field for it.
  const bool gated =
      config.Flag("feed_forward.gated", checkpoint.HasTensor("enc.blk.0.ffn_gate.weight"));
  const DecoderDefaults defaults{.activation = gated ? Activation::kGeluTanh : Activation::kRelu,
                                 .rotates = false};
  auto c = ReadDecoder(checkpoint, config, defaults, {"logit_scale"});
  if (!c) return Fail(c.error());
  const T5Config t5 = ReadT5(checkpoint, config, gated, *c);
  if (const Status read = config.status(); !read) return Fail(read.error());

  auto encoder = BuildEncoder(checkpoint, *c, t5);
  if (!encoder) return encoder;
  auto decoder = BuildDecoder(checkpoint, *c, t5);
  if (!decoder) return decoder;
  decoder->encoder = std::move(encoder->graph);
  std::move(encoder->memory.begin(), encoder->memory.end(), std::back_inserter(decoder->memory));
  return decoder;
}

const HuggingFaceNames kT5Names{.model_types = kT5Types,
                                .fields = kFields,
                                .tensors = kTensors,
                                .adapt = AdaptT5,
                                .to_gguf = T5ToGguf};
const HuggingFaceNames kMt5Names{.model_types = kMt5Types,
                                 .fields = kFields,
                                 .tensors = kTensors,
                                 .adapt = AdaptMt5,
                                 .to_gguf = T5ToGguf};

}  // namespace ingle
