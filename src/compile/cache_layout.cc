#include "compile/cache_layout.h"

namespace ingle {
namespace {

uint64_t AlignTo64(uint64_t bytes) { return (bytes + 63) / 64 * 64; }

// A layer's place in a page that has bytes in it already. Layers that share a state, as those of an
// encoder, share its place.
uint64_t Place(const CacheLayout& layout, uint64_t bytes, CacheLayout::Layer& layer) {
  layer.key_offset = bytes;
  layer.value_offset = AlignTo64(bytes + layer.kv_heads * layout.head_key_bytes(layer));
  return AlignTo64(layer.value_offset + layer.kv_heads * layout.head_value_bytes(layer));
}

void AddLayer(const AttentionAttributes& a, std::vector<CacheLayout::Layer>& layers) {
  if (layers.size() <= a.state) layers.resize(a.state + 1);
  layers[a.state] = {a.kv_heads, a.key_size, a.value_size, 0, 0};
}

void AddState(Op op, const RecurrentAttributes& a, CacheLayout& layout) {
  if (layout.state_offsets.size() <= a.state) layout.state_offsets.resize(a.state + 1);
  layout.state_offsets[a.state] = layout.state_bytes;
  layout.state_bytes += AlignTo64(a.Elements(op) * sizeof(float));
}

}  // namespace

std::optional<CacheType> CacheTypeOf(DType type) {
  switch (type) {
    case DType::kF32:
      return CacheType::kF32;
    case DType::kF16:
      return CacheType::kF16;
    case DType::kQ8_0:
      return CacheType::kQ8_0;
    case DType::kQ4_0:
      return CacheType::kQ4_0;
    default:
      return std::nullopt;
  }
}

DType DTypeOf(CacheType type) {
  constexpr DType kTypes[] = {DType::kF32, DType::kF16, DType::kQ8_0, DType::kQ4_0};
  return kTypes[static_cast<size_t>(type)];
}

Status CheckCacheType(const Graph& graph, CacheType type) {
  if (!IsRotated(type)) return {};
  for (const Node& node : graph.nodes()) {
    const auto* attention = std::get_if<AttentionAttributes>(&node.attributes);
    if (attention == nullptr) continue;
    for (const uint32_t size : {attention->key_size, attention->value_size}) {
      if (size % kCacheBlock == 0) continue;
      return Fail(ErrorCode::kUnsupported, "a cache of type ", Name(DTypeOf(type)),
                  " has blocks of ", kCacheBlock, ", and the model's heads have ", size,
                  " elements; F16 takes any");
    }
  }
  return {};
}

CacheLayout PlanCache(const Graph& graph, DType type) {
  CacheLayout layout;
  layout.type = *CacheTypeOf(type);
  for (const Node& node : graph.nodes()) {
    if (const auto* attention = std::get_if<AttentionAttributes>(&node.attributes)) {
      if (node.op == Op::kCacheAppend || attention->appends()) AddLayer(*attention, layout.layers);
      if (node.op == Op::kAttention && attention->of_source) {
        AddLayer(*attention, layout.source_layers);
      }
    } else if (const auto* recurrent = std::get_if<RecurrentAttributes>(&node.attributes)) {
      AddState(node.op, *recurrent, layout);
    }
  }
  for (CacheLayout::Layer& layer : layout.layers) {
    layout.page_bytes = Place(layout, layout.page_bytes, layer);
  }
  uint64_t source_bytes = 0;
  for (CacheLayout::Layer& layer : layout.source_layers) {
    source_bytes = Place(layout, source_bytes, layer);
  }
  return layout;
}

}  // namespace ingle
