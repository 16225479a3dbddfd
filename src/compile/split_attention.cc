#include <map>

#include "compile/passes.h"
#include "compile/rewriter.h"

namespace ingle {

Graph SplitAttention(const Graph& graph) {
  Rewriter rewriter(graph);
  std::map<uint32_t, NodeId> appends;  // of each state, in the new graph
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (graph.node(id).op != Op::kAttention) {
      rewriter.Keep(id);
      continue;
    }
    const Node node = rewriter.Renamed(id);
    const auto& attention = std::get<AttentionAttributes>(node.attributes);
    const size_t at = attention.appends() ? 3 : 1;  // which input the positions are
    if (attention.appends()) {
      appends[attention.state] = rewriter.Emit({Op::kCacheAppend,
                                                {node.inputs[1], node.inputs[2], node.inputs[at]},
                                                {Element::kF32, Rows::kNone, 0},
                                                node.attributes});
    }
    // Attend names the append as an input, so that no pass moves it before.
    const NodeId append = attention.of_source ? node.inputs[at] : appends[attention.state];
    std::vector<NodeId> inputs{node.inputs[0], append};
    inputs.insert(inputs.end(), node.inputs.begin() + static_cast<std::ptrdiff_t>(at),
                  node.inputs.end());
    rewriter.Replace(id,
                     rewriter.Emit({Op::kAttend, std::move(inputs), node.type, node.attributes}));
  }
  return rewriter.Finish();
}

}  // namespace ingle
