// Copies a graph node by node, so that a pass says only what it changes.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace ingle {

class Rewriter {
 public:
  explicit Rewriter(const Graph& from) : from_(from), renamed_(from.size()) {}

  // The next nodes of the new graph. A node's inputs are ids of the new graph.
  NodeId Emit(Node node) { return to_.Append(std::move(node)); }

  // The node id of the old graph, unchanged but for its inputs' new ids.
  Node Renamed(NodeId id) const {
    Node node = from_.node(id);
    for (NodeId& input : node.inputs) input = renamed_[input];
    return node;
  }

  // Users of the old node now use the new one. REQUIRES: called for each old node, in order.
  void Replace(NodeId old_id, NodeId new_id) { renamed_[old_id] = new_id; }
  void Keep(NodeId id) { Replace(id, Emit(Renamed(id))); }

  NodeId operator[](NodeId old_id) const { return renamed_[old_id]; }
  const Graph& to() const { return to_; }
  Graph& to() { return to_; }

  // The new graph, without the nodes that nothing uses any more.
  Graph Finish();

 private:
  const Graph& from_;
  Graph to_;
  std::vector<NodeId> renamed_;
};

}  // namespace ingle
