// Pictures of a graph, for people.
#pragma once

#include <string>

#include "graph/graph.h"

namespace ingle {

// One line a node: "%12 = matmul(%11, blk.0.attn_q.weight) : f32 [tokens, 576]".
std::string ToText(const Graph& graph);

// For Graphviz: dot -Tsvg. Weights are written into the nodes that use them.
std::string ToDot(const Graph& graph);

}  // namespace ingle
