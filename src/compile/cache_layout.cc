#include "compile/cache_layout.h"

namespace ingle {
namespace {

uint64_t AlignTo64(uint64_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

CacheLayout PlanCache(const Graph& graph, DType type) {
  CacheLayout layout;
  layout.type = type;
  for (const Node& node : graph.nodes()) {
    if (node.op != Op::kAttention) continue;
    const auto& a = std::get<AttentionAttributes>(node.attributes);
    CacheLayout::Layer layer{a.kv_heads, a.key_size, a.value_size, 0, 0};
    layer.key_offset = layout.page_bytes;
    layer.value_offset = AlignTo64(layer.key_offset + a.kv_heads * layout.head_key_bytes(layer));
    layout.page_bytes = AlignTo64(layer.value_offset + a.kv_heads * layout.head_value_bytes(layer));
    if (layout.layers.size() <= a.state) layout.layers.resize(a.state + 1);
    layout.layers[a.state] = layer;
  }
  return layout;
}

}  // namespace ingle
