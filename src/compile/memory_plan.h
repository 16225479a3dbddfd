// Places every intermediate value of a graph in one arena, so that values which are never alive
// together share memory.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/graph.h"

namespace ingle {

constexpr uint64_t kNoPlace = UINT64_MAX;

struct MemoryPlan {
  std::vector<uint64_t> offsets;    // of each node's value; kNoPlace where it has none in the arena
  std::vector<uint64_t> row_bytes;  // of each node's value; of kQ8OrTiles, of its kQ8
  std::vector<uint64_t> tiles;      // of kQ8OrTiles: where its tiles begin, from its offset on
  std::vector<uint64_t> bytes;      // of each value in the arena: all of it, tiles included
  uint64_t arena_bytes = 0;         // exactly what the offsets reach
};

// Plans for steps of up to max_tokens tokens. Values of inputs, weights and the answer live
// elsewhere. Where an operation may write over an input that nothing reads afterwards, it does.
// wanted: the nodes to place, by id; empty for all.
MemoryPlan PlanMemory(const Graph& graph, uint32_t max_tokens,
                      const std::vector<bool>& wanted = {});

}  // namespace ingle
