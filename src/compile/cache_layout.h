// What a session remembers, and how it is laid out.
//
// Keys and values are kept in pages. A page holds a fixed number of positions of one sequence, for
// all layers: of each layer the keys, then the values, each [kv_heads, page_tokens, head_size]. So
// a head's keys lie together, and a session is a single list of pages. What has the same size at
// any length, the states of convolutions and recurrences, is one block a session: f32, all zero in
// the beginning.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/graph.h"
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

  DType type = DType::kF16;  // or kF32
  uint32_t page_tokens = 32;
  std::vector<Layer> layers;  // by AttentionAttributes::state
  uint64_t page_bytes = 0;    // a multiple of 64; 0 for a model without attention
  // Of a decoder: where the encoder's pages have the source's keys and values. They are the first
  // of `layers` there, so both graphs' layouts agree.
  std::vector<Layer> source_layers{};

  std::vector<uint64_t> state_offsets;  // bytes from the block's beginning, by
                                        // RecurrentAttributes::state
  uint64_t state_bytes = 0;             // a multiple of 64; 0 for a model without such states

  uint64_t element_bytes() const { return Info(type).block_bytes; }
  uint64_t head_key_bytes(const Layer& layer) const {
    return uint64_t{page_tokens} * layer.key_size * element_bytes();
  }
  uint64_t head_value_bytes(const Layer& layer) const {
    return uint64_t{page_tokens} * layer.value_size * element_bytes();
  }
};

// The layout that the graph's attention needs. REQUIRES: type is kF16 or kF32.
CacheLayout PlanCache(const Graph& graph, DType type);

}  // namespace ingle
