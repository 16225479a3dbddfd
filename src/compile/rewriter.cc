#include "compile/rewriter.h"

namespace ingle {
namespace {

// Nodes that the answer needs, and those that are there for their effect.
std::vector<bool> FindLive(const Graph& graph) {
  std::vector<bool> live(graph.size(), false);
  live[graph.output()] = true;
  for (NodeId id = graph.size(); id-- > 0;) {
    if (graph.node(id).op == Op::kCacheAppend) live[id] = true;
    if (!live[id]) continue;
    for (const NodeId input : graph.node(id).inputs) live[input] = true;
  }
  return live;
}

}  // namespace

Graph Rewriter::Finish() {
  to_.set_output(renamed_[from_.output()]);
  const std::vector<bool> live = FindLive(to_);
  Graph compact;
  std::vector<NodeId> renamed(to_.size());
  for (NodeId id = 0; id < to_.size(); ++id) {
    if (!live[id]) continue;
    Node node = to_.node(id);
    for (NodeId& input : node.inputs) input = renamed[input];
    renamed[id] = compact.Append(std::move(node));
  }
  compact.set_output(renamed[to_.output()]);
  return compact;
}

}  // namespace ingle
