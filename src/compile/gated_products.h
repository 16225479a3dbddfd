// Where two products of one input and the gated activation of what they give may be computed at
// once: kernels that multiply tiles then write neither of the two to memory, and round the result
// into tiles themselves.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace ingle {

struct GatedNodes {
  NodeId products[2];  // in the order of the graph; either may be the gate
  NodeId glu;
  NodeId quantize;  // what alone reads glu; or glu, if another does
};

// Those whose three nodes become neighbouring steps. REQUIRES: activations are quantized.
std::vector<GatedNodes> FindGatedProducts(const Graph& graph);

}  // namespace ingle
