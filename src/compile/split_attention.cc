#include "compile/passes.h"
#include "compile/rewriter.h"

namespace ingle {

Graph SplitAttention(const Graph& graph) {
  Rewriter rewriter(graph);
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (graph.node(id).op != Op::kAttention) {
      rewriter.Keep(id);
      continue;
    }
    const Node node = rewriter.Renamed(id);
    const NodeId q = node.inputs[0], k = node.inputs[1], v = node.inputs[2], at = node.inputs[3];
    const NodeId append = rewriter.Emit(
        {Op::kCacheAppend, {k, v, at}, {Element::kF32, Rows::kNone, 0}, node.attributes});
    // Attend names the append as an input, so that no pass moves it before.
    rewriter.Replace(id, rewriter.Emit({Op::kAttend, {q, append, at}, node.type, node.attributes}));
  }
  return rewriter.Finish();
}

}  // namespace ingle
