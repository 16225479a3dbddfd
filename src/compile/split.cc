#include "compile/split.h"

namespace ingle {
namespace {

// Cheap elementwise work goes along with what made its inputs.
Split FollowInputs(const Graph& graph, const Node& node, const std::vector<Split>& splits) {
  bool columns = false;
  for (const NodeId input : node.inputs) {
    if (graph.node(input).op == Op::kWeight) return Split::kRows;
    if (graph.node(input).type.columns != node.type.columns) return Split::kRows;
    columns = columns || splits[input] == Split::kColumns;
  }
  return columns ? Split::kColumns : Split::kRows;
}

Split SplitOf(const Graph& graph, const Node& node, const std::vector<Split>& splits) {
  switch (node.op) {
    case Op::kAdd:
    case Op::kMul:
    case Op::kScale:
      return FollowInputs(graph, node, splits);
    case Op::kMatMul:
    case Op::kActivate:
    case Op::kGlu:
    case Op::kMeanRows:
    case Op::kShortConv:
      return Split::kColumns;
    case Op::kEmbed:
    case Op::kRmsNorm:
    case Op::kLayerNorm:
    case Op::kSlice:
    case Op::kConcat:
    case Op::kRescale:
    case Op::kBlend:
    case Op::kSparsify:
    case Op::kRope:
    case Op::kRopeAngles:
    case Op::kSelectRows:
    case Op::kRoute:
    case Op::kMix:
    case Op::kQuantize:
      return Split::kRows;
    case Op::kInput:
    case Op::kWeight:
    case Op::kAttention:
    case Op::kCacheAppend:
    case Op::kAttend:
    case Op::kExperts:
    case Op::kSelectiveScan:
    case Op::kDeltaRule:
      return Split::kOther;
  }
  return Split::kOther;
}

}  // namespace

std::vector<Split> SplitNodes(const Graph& graph) {
  std::vector<Split> splits;
  for (const Node& node : graph.nodes()) splits.push_back(SplitOf(graph, node, splits));
  return splits;
}

}  // namespace ingle
