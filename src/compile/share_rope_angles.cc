#include <vector>

#include "compile/passes.h"
#include "compile/rewriter.h"

namespace ingle {
namespace {

const RopeAttributes& RopeOf(const Node& node) { return std::get<RopeAttributes>(node.attributes); }

bool TurnAlike(const RopeAttributes& a, const RopeAttributes& b) {
  return a.frequencies == b.frequencies && a.magnitude == b.magnitude &&
         a.long_frequencies == b.long_frequencies;
}

// The node among those that turns alike, or `none`.
NodeId FindAlike(const Graph& graph, const std::vector<NodeId>& angles, const RopeAttributes& rope,
                 NodeId none) {
  for (const NodeId id : angles) {
    if (TurnAlike(RopeOf(graph.node(id)), rope)) return id;
  }
  return none;
}

}  // namespace

Graph ShareRopeAngles(const Graph& graph) {
  Rewriter rewriter(graph);
  // First of all nodes, so that no step between others has to wait for them.
  std::vector<bool> kept(graph.size(), false);
  std::vector<NodeId> angles;  // of the new graph, all different
  for (const Node& node : graph.nodes()) {
    if (node.op != Op::kRope) continue;
    const NodeId positions = node.inputs[1];
    if (!kept[positions]) rewriter.Keep(positions);
    kept[positions] = true;
    const NodeId next = rewriter.to().size();
    if (FindAlike(rewriter.to(), angles, RopeOf(node), next) != next) continue;
    const ValueType type{Element::kF32, node.type.rows, 2 * RopeOf(node).frequencies.size()};
    angles.push_back(
        rewriter.Emit({Op::kRopeAngles, {rewriter[positions]}, type, node.attributes}));
  }
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (kept[id]) continue;
    Node node = rewriter.Renamed(id);
    if (node.op == Op::kRope) {
      node.inputs[1] = FindAlike(rewriter.to(), angles, RopeOf(node), node.inputs[1]);
    }
    rewriter.Replace(id, rewriter.Emit(std::move(node)));
  }
  return rewriter.Finish();
}

}  // namespace ingle
