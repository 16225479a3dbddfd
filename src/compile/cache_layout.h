// What a session remembers, and how it is laid out.
//
// Keys and values are kept in pages. A page holds a fixed number of positions of one sequence, for
// all layers: of each layer the keys, then the values, head after head, each as
// kernels/attention/cache_page.h lays it out. So a head's keys lie together, and a session is a
// single list of pages. What has the same size at
// any length, the states of convolutions and recurrences, is one block a session: f32, all zero in
// the beginning.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/error.h"
#include "graph/graph.h"
#include "kernels/attention/cache_page.h"
#include "tensor/dtype.h"

namespace ingle {

struct CacheLayout {
  struct Layer {
    uint32_t kv_heads = 0;
    uint32_t key_size = 0;
    uint32_t value_size = 0;
    uint64_t key_offset = 0;  // bytes from the page's beginning
    uint64_t value_offset = 0;
  };

  CacheType type = CacheType::kF16;
  uint32_t page_tokens = kPageTokens;
  std::vector<Layer> layers;  // by AttentionAttributes::state
  uint64_t page_bytes = 0;    // a multiple of 64; 0 for a model without attention
  // Of a decoder: where the encoder's pages have the source's keys and values. They are the first
  // of `layers` there, so both graphs' layouts agree.
  std::vector<Layer> source_layers{};

  std::vector<uint64_t> state_offsets;  // bytes from the block's beginning, by
                                        // RecurrentAttributes::state
  uint64_t state_bytes = 0;             // a multiple of 64; 0 for a model without such states

  uint64_t head_key_bytes(const Layer& layer) const { return CacheHeadBytes(type, layer.key_size); }
  uint64_t head_value_bytes(const Layer& layer) const {
    return CacheHeadBytes(type, layer.value_size);
  }
};

// F32, F16, Q8_0 or Q4_0; nothing for types that a cache cannot have.
std::optional<CacheType> CacheTypeOf(DType type);
DType DTypeOf(CacheType type);

// The layout that the graph's attention needs. REQUIRES: a cache can have the type, and the graph's
// heads fit it: CheckCacheType.
CacheLayout PlanCache(const Graph& graph, DType type);

// Fails with kUnsupported where the type's blocks do not fit the heads.
Status CheckCacheType(const Graph& graph, CacheType type);

}  // namespace ingle
