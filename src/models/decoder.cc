#include "models/decoder.h"

#include <algorithm>
#include <cmath>

#include "models/rope_scaling.h"

namespace ingle {
namespace {

// Arithmetic that only some families have.
constexpr std::string_view kSpecialFields[] = {"expert_count",
                                               "attention.sliding_window",
                                               "attention.clamp_kqv",
                                               "attn_logit_softcapping",
                                               "final_logit_softcapping",
                                               "logit_scale",
                                               "residual_scale",
                                               "embedding_scale",
                                               "rope.scaling.alpha",
                                               "attention.max_alibi_bias"};

void RejectOthers(ConfigReader& config, std::initializer_list<std::string_view> allowed) {
  for (const std::string_view key : kSpecialFields) {
    if (std::find(allowed.begin(), allowed.end(), key) != allowed.end()) continue;
    if (config.Number(key, -1e30, 1e30, 0.0) != 0) {
      config.Reject(ErrorCode::kUnsupported, key, "is set; models of this family do without it");
    }
  }
}

// Widths are divided among the heads unless the file says otherwise.
uint32_t ReadHeadSize(ConfigReader& config, const ModelShape& shape, std::string_view key) {
  if (!config.Has(key) && shape.width % shape.heads != 0) {
    config.Reject("attention.head_count",
                  Cat("is ", shape.heads, ", which does not divide a width of ", shape.width));
  }
  return config.Count(key, 4096, std::max(1u, shape.width / shape.heads));
}

AttentionAttributes ReadAttention(ConfigReader& config, ModelShape& shape) {
  AttentionAttributes a;
  a.heads = shape.heads;
  a.kv_heads = shape.kv_heads;
  a.key_size = ReadHeadSize(config, shape, "attention.key_length");
  a.value_size = ReadHeadSize(config, shape, "attention.value_length");
  const double scale = config.Number("attention.scale", 0, 1e3, 0.0);
  a.scale = static_cast<float>(scale == 0 ? 1 / std::sqrt(a.key_size) : scale);
  if (shape.heads % shape.kv_heads != 0) {
    config.Reject("attention.head_count_kv",
                  Cat("is ", shape.kv_heads, ", which does not divide ", shape.heads, " heads"));
  }
  if (uint64_t{shape.heads} * std::max(a.key_size, a.value_size) > kWidestLayer) {
    config.Reject("attention.head_count",
                  Cat("is ", shape.heads, ": heads of size ", std::max(a.key_size, a.value_size),
                      " would be wider than ", kWidestLayer, " together"));
  }
  return a;
}

// The embedding table's rows; a vocabulary that the fields state must be the same.
uint32_t ReadVocabulary(const Checkpoint& checkpoint, ConfigReader& config) {
  constexpr std::string_view kTable = "token_embd.weight";
  const auto embedding = checkpoint.Tensor(kTable);
  if (!embedding) {
    config.Keep(embedding.error());
    return 1;
  }
  const uint64_t rows = embedding->shape.rows();
  if (rows > (1u << 26)) {
    config.Keep(Error(ErrorCode::kCorrupt, Cat("tensor ", Quote(checkpoint.TensorName(kTable)),
                                               " has ", rows, " rows, more than any vocabulary")));
    return 1;
  }
  const auto vocabulary = static_cast<uint32_t>(rows);
  const uint32_t stated = config.Count("vocab_size", 1u << 26, vocabulary);
  if (stated != vocabulary) {
    config.Reject("vocab_size",
                  Cat("is ", stated, ", but the tensor ", Quote(checkpoint.TensorName(kTable)),
                      " has ", vocabulary, " rows"));
  }
  return vocabulary;
}

// Whether all that are not 0 are the same.
bool AreAlike(const std::vector<uint32_t>& counts) {
  const uint32_t most = *std::max_element(counts.begin(), counts.end());
  return std::all_of(counts.begin(), counts.end(),
                     [&](uint32_t count) { return count == 0 || count == most; });
}

// For all layers, or for each; at least one is not 0.
std::vector<uint32_t> ReadByLayer(ConfigReader& config, std::string_view key, uint32_t layers,
                                  uint32_t limit, std::optional<uint32_t> fallback,
                                  std::initializer_list<std::string_view> allowed) {
  std::vector<uint32_t> counts = config.Counts(key, layers, limit, fallback);
  if (*std::max_element(counts.begin(), counts.end()) == 0) config.Reject(key, "is 0 everywhere");
  const bool may_differ = std::find(allowed.begin(), allowed.end(), key) != allowed.end();
  if (!may_differ && !AreAlike(counts)) config.Reject(key, "differs from layer to layer");
  return counts;
}

// Files of ModernBERT have that of its layer norms by the other name.
float ReadEpsilon(ConfigReader& config, bool rms_norm) {
  constexpr std::string_view kRms = "attention.layer_norm_rms_epsilon";
  constexpr std::string_view kLayer = "attention.layer_norm_epsilon";
  const bool other = !rms_norm && !config.Has(kLayer) && config.Has(kRms);
  return static_cast<float>(config.Number(rms_norm || other ? kRms : kLayer, 0, 1));
}

float Special(ConfigReader& config, std::string_view key, double otherwise) {
  return static_cast<float>(config.Number(key, -1e6, 1e6, otherwise));
}

}  // namespace

Activation ReadActivation(ConfigReader& config, std::string_view key, Activation otherwise) {
  const std::string name = config.Text(key, Name(otherwise));
  for (int i = 0; i <= static_cast<int>(Activation::kSoftplus); ++i) {
    if (Name(static_cast<Activation>(i)) == name) return static_cast<Activation>(i);
  }
  config.Reject(ErrorCode::kUnsupported, key, Cat("is ", Quote(name), ", an unknown activation"));
  return otherwise;
}

DecoderConfig ReadTrunk(const Checkpoint& checkpoint, ConfigReader& config,
                        const DecoderDefaults& defaults) {
  DecoderConfig c;
  c.shape.layers = config.Count("block_count", 1024);
  c.shape.width = config.Count("embedding_length", kWidestLayer);
  c.shape.trained_context = config.Count("context_length", 1u << 28);
  c.rms_norm = defaults.rms_norm;
  c.norm.epsilon = ReadEpsilon(config, c.rms_norm);
  c.embedding_scale = Special(config, "embedding_scale", 1);
  c.residual_scale = Special(config, "residual_scale", 1);
  c.logit_scale = Special(config, "logit_scale", 1);
  c.logit_softcap = Special(config, "final_logit_softcapping", 0);
  c.shape.vocabulary = ReadVocabulary(checkpoint, config);
  if (config.Flag("headless", false)) c.shape.task = Task::kEmbed;
  return c;
}

Result<DecoderConfig> ReadDecoder(const Checkpoint& checkpoint, ConfigReader& config,
                                  const DecoderDefaults& defaults,
                                  std::initializer_list<std::string_view> allowed) {
  DecoderConfig c = ReadTrunk(checkpoint, config, defaults);
  c.shape.heads = config.Count("attention.head_count", 4096);
  c.kv_heads = ReadByLayer(config, "attention.head_count_kv", c.shape.layers, c.shape.heads,
                           c.shape.heads, allowed);
  c.shape.kv_heads = std::max(1u, *std::max_element(c.kv_heads.begin(), c.kv_heads.end()));
  for (const uint32_t heads : c.kv_heads) c.attends.push_back(heads != 0);
  c.hiddens = ReadByLayer(config, "feed_forward_length", c.shape.layers, kWidestLayer, {}, allowed);
  c.hidden = *std::max_element(c.hiddens.begin(), c.hiddens.end());
  c.activation = ReadActivation(config, "feed_forward.activation", defaults.activation);
  c.attention = ReadAttention(config, c.shape);
  c.windows.assign(c.shape.layers, 0);
  RejectOthers(config, allowed);
  c.attention.softcap = Special(config, "attn_logit_softcapping", 0);
  c.clamp_qkv = Special(config, "attention.clamp_kqv", 0);
  if (defaults.rotates) {
    auto rope = ReadRope(checkpoint, config, c.attention.key_size, c.shape.trained_context,
                         defaults.whole_pairs);
    if (const Status read = config.status(); !read) return Fail(read.error());
    if (!rope) return Fail(rope.error());
    c.rope = std::move(*rope);
    c.shape.longest_context = config.Count("longest_context", 1u << 28, 0);
    const std::string pairs = config.Text("rope.pairs", "");
    c.rope.pairs = pairs.empty()
                       ? defaults.pairs
                       : (pairs == "halves" ? RopePairs::kHalves : RopePairs::kInterleaved);
  }
  if (const Status read = config.status(); !read) return Fail(read.error());
  return c;
}

std::vector<uint32_t> ReadWindows(ConfigReader& config, uint32_t layers, uint32_t pattern) {
  constexpr std::string_view kPattern = "attention.sliding_window_pattern";
  std::vector<uint32_t> windows(layers, 0);
  if (config.Number("attention.sliding_window", 0, 1u << 30, 0.0) == 0) return windows;
  const uint32_t window = config.Count("attention.sliding_window", 1u << 30);
  const std::vector<int64_t> listed = config.Ints(kPattern);
  const bool by_layer = config.HasList(kPattern);
  if (!by_layer && !listed.empty() && listed[0] > 0) pattern = static_cast<uint32_t>(listed[0]);
  if (by_layer && listed.size() != layers) {
    config.Reject(kPattern, Cat("has ", listed.size(), " entries for ", layers, " layers"));
    return windows;
  }
  for (uint32_t layer = 0; layer < layers; ++layer) {
    const bool slides = by_layer ? listed[layer] != 0 : pattern == 1 || (layer + 1) % pattern != 0;
    if (slides) windows[layer] = window;
  }
  return windows;
}

Value DecoderBuilder::Linear(Value x, const std::string& name, uint64_t rows, uint64_t columns) {
  return g.MatMul(x, w.Matrix(name, rows, columns), w.Bias(name, rows));
}

Value DecoderBuilder::Norm(Value x, const std::string& name) {
  const Value weight = w.Norm(name, c.shape.width);
  if (c.rms_norm) return g.RmsNorm(x, weight, c.norm);
  return g.LayerNorm(x, weight, w.Bias(name, c.shape.width), c.norm);
}

Value DecoderBuilder::Embed() {
  table_ = w.Matrix("token_embd", c.shape.vocabulary, c.shape.width);
  const Value x = g.Embed(g.Tokens(), *table_);
  return c.embedding_scale == 1 ? x : g.Scale(x, c.embedding_scale);
}

DecoderBuilder::Projections DecoderBuilder::Project(Value h, const std::string& blk, bool gated) {
  const AttentionAttributes& a = c.attention;
  const uint64_t width = c.shape.width;
  const uint64_t q = uint64_t{a.heads} * a.key_size * (gated ? 2 : 1);
  const uint64_t k = uint64_t{a.kv_heads} * a.key_size;
  const uint64_t v = uint64_t{a.kv_heads} * a.value_size;
  const std::string fused = blk + "attn_qkv";
  if (!w.Has(fused)) {
    return {Linear(h, blk + "attn_q", q, width), Linear(h, blk + "attn_k", k, width),
            Linear(h, blk + "attn_v", v, width)};
  }
  const auto part = [&](uint64_t begin, uint64_t rows) {
    return g.MatMul(h, w.MatrixRows(fused, {q + k + v, width}, begin, rows),
                    w.BiasRows(fused, q + k + v, begin, rows));
  };
  return {part(0, q), part(q, k), part(q + k, v)};
}

Value DecoderBuilder::NormHeads(Value x, const std::string& name, uint64_t head_size,
                                SelfAttention::HeadNorm kind) {
  if (kind == SelfAttention::HeadNorm::kNone) return x;
  const bool each = kind == SelfAttention::HeadNorm::kEach;
  const uint64_t columns = g.Columns(x);
  // Heads normed each by itself share a weight, or have one each.
  const bool shared = each && w.Elements(name) == head_size;
  const uint64_t size = shared ? head_size : columns;
  NormAttributes norm = c.norm;
  norm.group = each ? head_size : 0;
  // Of a weight for each head, files have a row for each.
  const Value weight = w.Flat(name + ".weight", size);
  if (c.rms_norm) return g.RmsNorm(x, weight, norm);
  return g.LayerNorm(x, weight, w.Bias(name, size), norm);
}

Value DecoderBuilder::Attend(Value h, const std::string& blk, uint32_t layer,
                             const SelfAttention& options) {
  AttentionAttributes a = c.attention;
  a.state = options.state == SelfAttention::kByLayer ? layer : options.state;
  a.window = options.window;
  if (options.scale != 0) a.scale = options.scale;
  auto [q, k, v] = Project(h, blk, options.gated);
  std::optional<Value> gate;
  if (options.gated) {
    const uint64_t size = a.key_size;
    gate = g.Slice(q, {2 * size, size, size});
    q = g.Slice(q, {2 * size, 0, size});
  }
  q = NormHeads(q, blk + "attn_q_norm", a.key_size, options.head_norm);
  k = NormHeads(k, blk + "attn_k_norm", a.key_size, options.head_norm);
  if (c.clamp_qkv > 0) {
    for (Value* value : {&q, &k, &v}) *value = g.Scale(*value, 1, c.clamp_qkv);
  }
  if (options.rope != nullptr) {
    q = g.Rope(q, *options.rope);
    k = g.Rope(k, *options.rope);
  }
  Value attended = g.Attention(q, k, v, a, options.sinks);
  if (gate) attended = g.Mul(attended, g.Activate(Activation::kSigmoid, *gate));
  return Linear(attended, blk + "attn_output", c.shape.width, uint64_t{a.heads} * a.value_size);
}

Value DecoderBuilder::GatedFeedForward(Value h, const std::string& blk) {
  return GatedFeedForward(h, blk, "", c.hidden);
}

Value DecoderBuilder::GatedFeedForward(Value h, const std::string& blk, const std::string& suffix,
                                       uint64_t hidden) {
  const uint64_t width = c.shape.width;
  const std::string gate_name = blk + "ffn_gate" + suffix;
  const std::string up_name = blk + "ffn_up" + suffix;
  const auto half = [&](uint64_t begin) {
    return g.MatMul(h, w.MatrixRows(up_name, {2 * hidden, width}, begin, hidden),
                    w.BiasRows(up_name, 2 * hidden, begin, hidden));
  };
  const uint64_t elements = w.Elements(up_name);
  // Without it there is no telling what else there should be, nor how large its bias.
  if (elements == 0) return g.MatMul(h, w.Matrix(up_name, width, width), std::nullopt);
  const bool separate = elements != 2 * hidden * width;
  const Value gate = separate ? Linear(h, gate_name, hidden, width) : half(0);
  const Value up = separate ? Linear(h, up_name, hidden, width) : half(hidden);
  return Linear(g.Glu({c.activation}, gate, up), blk + "ffn_down" + suffix, width, hidden);
}

Value DecoderBuilder::FeedForward(Value h, const std::string& blk) {
  const Value up = Linear(h, blk + "ffn_up", c.hidden, c.shape.width);
  return Linear(g.Activate(c.activation, up), blk + "ffn_down", c.shape.width, c.hidden);
}

Value DecoderBuilder::AddBlock(Value x, Value block) {
  return g.Add(x, c.residual_scale == 1 ? block : g.Scale(block, c.residual_scale));
}

Value DecoderBuilder::Logits(Value x, const std::string& norm) {
  x = g.SelectRows(x, g.OutputRows());
  x = Norm(x, norm);
  states_ = x;
  if (c.shape.task == Task::kEmbed) return x;
  // Small models share the embedding table with the output.
  const Value output =
      w.Has("output") ? w.Matrix("output", c.shape.vocabulary, c.shape.width) : *table_;
  Value logits = g.MatMul(x, output, w.Bias("output", c.shape.vocabulary));
  if (c.logit_scale != 1) logits = g.Scale(logits, c.logit_scale);
  if (c.logit_softcap != 0) {
    logits = g.Activate(Activation::kTanh, g.Scale(logits, 1 / c.logit_softcap));
    logits = g.Scale(logits, c.logit_softcap);
  }
  return logits;
}

Result<Model> DecoderBuilder::Finish(Value answer, Value states) {
  if (const Status bound = w.status(); !bound) return Fail(bound.error());
  auto graph = g.Finish(answer);
  if (!graph) return Fail(graph.error());
  return Model{c.shape, std::move(*graph), states.id, {}, {}, w.TakeMemory(), std::move(ignored_)};
}

}  // namespace ingle
