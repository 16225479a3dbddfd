#include <map>

#include "compile/passes.h"
#include "compile/rewriter.h"

namespace ingle {
namespace {

bool WantsQ8(const Graph& graph, const Node& matmul, const KernelSet& kernels) {
  const TensorView& weight = WeightOf(graph.node(matmul.inputs[1])).view;
  return kernels.matmul(weight.type).input == InputRows::kQ8;
}

// Operations that can write their result as Q8 at once: they compute whole rows, whose columns
// share units.
bool CanQuantizeItsResult(Op op) { return op == Op::kRmsNorm || op == Op::kLayerNorm; }

// Of each node, whether all that read it are MatMuls that want it as Q8.
std::vector<bool> FindReadAsQ8Only(const Graph& graph, const KernelSet& kernels) {
  std::vector<bool> q8_only(graph.size(), true);
  std::vector<bool> read(graph.size(), false);
  for (const Node& node : graph.nodes()) {
    const bool as_q8 = node.op == Op::kMatMul && WantsQ8(graph, node, kernels);
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const NodeId input = node.inputs[i];
      read[input] = true;
      if (!as_q8 || i > 0) q8_only[input] = false;
    }
  }
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (!read[id] || id == graph.output()) q8_only[id] = false;
  }
  return q8_only;
}

}  // namespace

Graph QuantizeActivations(const Graph& graph, const KernelSet& kernels) {
  const std::vector<bool> q8_only = FindReadAsQ8Only(graph, kernels);
  Rewriter rewriter(graph);
  std::map<NodeId, NodeId> quantized;  // new ids: of a value, its quantized form
  for (NodeId id = 0; id < graph.size(); ++id) {
    Node node = rewriter.Renamed(id);
    if (CanQuantizeItsResult(node.op) && q8_only[id]) {
      node.type.element = Element::kQ8;
    } else if (node.op == Op::kMatMul && WantsQ8(rewriter.to(), node, kernels)) {
      const NodeId x = node.inputs[0];
      ValueType type = rewriter.to().node(x).type;
      if (type.element != Element::kQ8) {
        if (!quantized.contains(x)) {
          type.element = Element::kQ8;
          quantized[x] = rewriter.Emit({Op::kQuantize, {x}, type, {}});
        }
        node.inputs[0] = quantized[x];
      }
    }
    rewriter.Replace(id, rewriter.Emit(std::move(node)));
  }
  return rewriter.Finish();
}

}  // namespace ingle
