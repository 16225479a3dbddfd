#include "compile/cache_layout.h"

namespace ingle {
namespace {

uint64_t AlignTo64(uint64_t bytes) { return (bytes + 63) / 64 * 64; }

// Encoders need a layer's keys and values no longer than the layer: all have the same place.
bool HasPlace(const AttentionAttributes& a, const CacheLayout& layout) {
  if (a.state >= layout.layers.size()) return false;
  const CacheLayout::Layer& layer = layout.layers[a.state];
  return layer.kv_heads == a.kv_heads && layer.key_size == a.key_size &&
         layer.value_size == a.value_size;
}

void AddLayer(const AttentionAttributes& a, CacheLayout& layout) {
  if (HasPlace(a, layout)) return;
  CacheLayout::Layer layer{a.kv_heads, a.key_size, a.value_size, 0, 0};
  layer.key_offset = layout.page_bytes;
  layer.value_offset = AlignTo64(layer.key_offset + a.kv_heads * layout.head_key_bytes(layer));
  layout.page_bytes = AlignTo64(layer.value_offset + a.kv_heads * layout.head_value_bytes(layer));
  if (layout.layers.size() <= a.state) layout.layers.resize(a.state + 1);
  layout.layers[a.state] = layer;
}

void AddState(Op op, const RecurrentAttributes& a, CacheLayout& layout) {
  if (layout.state_offsets.size() <= a.state) layout.state_offsets.resize(a.state + 1);
  layout.state_offsets[a.state] = layout.state_bytes;
  layout.state_bytes += AlignTo64(a.Elements(op) * sizeof(float));
}

}  // namespace

CacheLayout PlanCache(const Graph& graph, DType type) {
  CacheLayout layout;
  layout.type = type;
  for (const Node& node : graph.nodes()) {
    if (const auto* attention = std::get_if<AttentionAttributes>(&node.attributes)) {
      if (!attention->shares_cache) AddLayer(*attention, layout);
    } else if (const auto* recurrent = std::get_if<RecurrentAttributes>(&node.attributes)) {
      AddState(node.op, *recurrent, layout);
    }
  }
  return layout;
}

}  // namespace ingle
