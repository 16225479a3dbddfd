#include "models/gemma_layers.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "models/rope_scaling.h"

namespace ingle {
namespace {

constexpr std::string_view kSharedLayers = "attention.shared_kv_layers";

// The last layer before `end` that sees as far as this one.
std::optional<uint32_t> LastLike(const std::vector<uint32_t>& windows, uint32_t layer,
                                 uint32_t end) {
  while (end-- > 0) {
    if (windows[end] == windows[layer]) return end;
  }
  return std::nullopt;
}

// How many layers at the end borrow keys and values.
uint32_t ReadSharedLayers(ConfigReader& config, uint32_t layers) {
  const auto shared = static_cast<uint32_t>(config.Number(kSharedLayers, 0, 1024, 0));
  if (shared < layers) return shared;
  config.Reject(kSharedLayers, Cat("is ", shared, " of ", layers, " layers"));
  return 0;
}

RopeAttributes ReadLocalRope(ConfigReader& config, uint32_t head_size, const RopeAttributes& like) {
  RopeAttributes rope;
  rope.head_size = head_size;
  rope.pairs = like.pairs;
  const uint32_t dimensions = config.Count("rope.dimension_count_swa", head_size, head_size);
  if (dimensions % 2 != 0) config.Reject("rope.dimension_count_swa", "is odd");
  rope.frequencies =
      BaseFrequencies(config.Number("rope.freq_base_swa", 1.0001, 1e12, 10000), dimensions);
  return rope;
}

}  // namespace

GemmaLayers ReadGemmaLayers(ConfigReader& config, const DecoderConfig& c, uint32_t pattern) {
  const uint32_t count = c.shape.layers;
  const std::vector<uint32_t> windows = ReadWindows(config, count, pattern);
  const uint32_t local_size = config.Count("attention.key_length_swa", 4096, c.attention.key_size);
  const uint32_t owners = count - ReadSharedLayers(config, count);
  GemmaLayers layers;
  layers.rope = c.rope;
  layers.local_rope = ReadLocalRope(config, local_size, c.rope);
  for (uint32_t layer = 0; layer < count; ++layer) {
    AttentionAttributes a = c.attention;
    a.scale = 1;
    a.state = layer;
    a.window = windows[layer];
    a.kv_heads = c.kv_heads[layer];
    if (a.window != 0) a.key_size = a.value_size = local_size;
    if (layer >= owners) {
      const auto owner = LastLike(windows, layer, owners);
      if (!owner) {
        config.Reject(kSharedLayers, Cat("is ", count - owners, ", but layer ", layer,
                                         " has no earlier one of its kind to borrow from"));
      }
      a.state = owner.value_or(0);
      a.shares_cache = true;
      a.kv_heads = c.kv_heads[a.state];
    }
    layers.attention.push_back(a);
  }
  return layers;
}

Value AttendGemma(DecoderBuilder& b, Value h, const std::string& blk, const GemmaLayers& layers,
                  uint32_t layer) {
  const AttentionAttributes& a = layers.attention[layer];
  const uint64_t width = b.c.shape.width;
  const NormAttributes norm{b.c.norm.epsilon, a.key_size};
  const auto normed = [&](Value x, const std::string& name) {
    return b.g.Rope(b.g.RmsNorm(x, b.w.Norm(blk + name, a.key_size), norm), layers.RopeOf(layer));
  };
  const uint64_t queries = uint64_t{a.heads} * a.key_size;
  const uint64_t keys = uint64_t{a.kv_heads} * a.key_size;
  const Value q = normed(b.Linear(h, blk + "attn_q", queries, width), "attn_q_norm");
  std::optional<Value> k, v;
  if (a.shares_cache) {
    for (const char* name : {"attn_k", "attn_v", "attn_k_norm"}) {
      for (const char* part : {".weight", ".bias"}) b.Ignore(Cat(blk, name, part));
    }
  } else {
    const Value projected = b.Linear(h, blk + "attn_k", keys, width);
    v = b.w.Has(blk + "attn_v") ? b.Linear(h, blk + "attn_v", keys, width) : projected;
    v = b.g.RmsNorm(*v, std::nullopt, norm);
    k = normed(projected, "attn_k_norm");
  }
  return b.Linear(b.g.Attention(q, k, v, a), blk + "attn_output", width, queries);
}

LayerInputShape ReadLayerInputShape(ConfigReader& config, const DecoderConfig& decoder) {
  const uint32_t most = kWidestLayer / decoder.shape.layers;
  LayerInputShape shape;
  shape.size = static_cast<uint32_t>(config.Number("embedding_length_per_layer_input", 0, most, 0));
  shape.tokens = static_cast<uint64_t>(config.Number("vocabulary_per_layer_input", 1, 1u << 30, 0));
  return shape;
}

LayerInputs::LayerInputs(DecoderBuilder& b, Value x, const LayerInputShape& shape,
                         bool first_beyond)
    : size_(shape.size) {
  const uint32_t size = shape.size;
  const uint64_t columns = uint64_t{b.c.shape.layers} * size;
  const auto width = static_cast<float>(b.c.shape.width);
  const std::string name = "per_layer_token_embd";
  const uint64_t least = first_beyond ? 1 : b.c.shape.vocabulary;
  const Value table = shape.tokens > 0 ? b.w.Matrix(name, std::max(shape.tokens, least), columns)
                                       : b.w.Table(name, columns, least);
  Value projected = b.Linear(x, "per_layer_model_proj", columns, b.c.shape.width);
  projected = b.g.RmsNorm(b.g.Scale(projected, 1 / std::sqrt(width)),
                          b.w.Norm("per_layer_proj_norm", size), {b.c.norm.epsilon, size});
  const Value token = b.g.Scale(b.g.Embed(b.g.Tokens(), table, {0, first_beyond}),
                                std::sqrt(static_cast<float>(size)));
  inputs_ = b.g.Scale(b.g.Add(projected, token), 1 / std::sqrt(2.0f));
}

Value LayerInputs::Block(DecoderBuilder& b, Value x, const std::string& blk, uint32_t layer) const {
  const uint64_t width = b.c.shape.width;
  const uint64_t all = uint64_t{b.c.shape.layers} * size_;
  const Value input = b.g.Slice(inputs_, {all, uint64_t{layer} * size_, size_});
  const Value gate = b.Linear(x, blk + "inp_gate", size_, width);
  const Value h = b.Linear(b.g.Glu({b.c.activation}, gate, input), blk + "proj", width, size_);
  return b.Norm(h, blk + "post_norm");
}

}  // namespace ingle
