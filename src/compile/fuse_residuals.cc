#include "compile/passes.h"
#include "compile/rewriter.h"

namespace ingle {
namespace {

// Whether the node is a MatMul that one node alone reads and that adds nothing yet.
bool CanTakeResidual(const Graph& graph, NodeId id, const std::vector<uint32_t>& uses) {
  const Node& node = graph.node(id);
  return node.op == Op::kMatMul && uses[id] == 1 && id != graph.output() &&
         !std::get<MatMulAttributes>(node.attributes).residual;
}

// Whether both sides of a sum are values of one type: neither a row of a weight nor one column.
bool IsWhole(const Graph& graph, const Node& add) {
  const Node& a = graph.node(add.inputs[0]);
  const Node& b = graph.node(add.inputs[1]);
  return a.op != Op::kWeight && b.op != Op::kWeight && a.type == b.type;
}

}  // namespace

Graph FuseResiduals(const Graph& graph) {
  const std::vector<uint32_t> uses = graph.CountUses();
  Rewriter rewriter(graph);
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Node& node = graph.node(id);
    const bool add = node.op == Op::kAdd && IsWhole(graph, node);
    const bool right = add && CanTakeResidual(graph, node.inputs[1], uses);
    if (!right && !(add && CanTakeResidual(graph, node.inputs[0], uses))) {
      rewriter.Keep(id);
      continue;
    }
    // The product is computed where the sum stood, so the residual is there by then.
    Node matmul = rewriter.Renamed(node.inputs[right ? 1 : 0]);
    matmul.inputs.push_back(rewriter[node.inputs[right ? 0 : 1]]);
    std::get<MatMulAttributes>(matmul.attributes).residual = true;
    rewriter.Replace(id, rewriter.Emit(std::move(matmul)));
  }
  return rewriter.Finish();
}

}  // namespace ingle
