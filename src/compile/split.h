// How the workers share the work of each operation. Where a step reads only what the same worker
// wrote, it need not wait for the others: a norm after an addition, a gated activation after its
// two products.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/graph.h"

namespace ingle {

enum class Split : uint8_t {
  kRows,     // some rows each; of few tokens all workers compute all, into memory of their own
  kColumns,  // some columns of all rows each, in whole cache lines
  kOther,    // by heads, experts, or as the step sees fit
};

// The multiple of columns that Split::kColumns cuts at: a cache line of f32, a panel of weights.
constexpr uint64_t kColumnGrain = 16;

// Of each node.
std::vector<Split> SplitNodes(const Graph& graph);

}  // namespace ingle
