#include <map>
#include <utility>

#include "compile/passes.h"
#include "compile/rewriter.h"

namespace ingle {
namespace {

// Of a node that multiplies its first input by weights.
const MatMulKernel* KernelOf(const Graph& graph, const Node& node, const KernelSet& kernels) {
  if (node.op != Op::kMatMul && node.op != Op::kExperts) return nullptr;
  const TensorView& weight = WeightOf(graph.node(node.inputs[node.op == Op::kMatMul ? 1 : 2])).view;
  return &kernels.matmul(weight.type);
}

// Whether the node multiplies its first input as Q8.
bool WantsQ8(const Graph& graph, const Node& node, const KernelSet& kernels) {
  const MatMulKernel* kernel = KernelOf(graph, node, kernels);
  return kernel != nullptr && kernel->input == InputRows::kQ8;
}

// Whether it can multiply it in tiles as well.
bool TakesTiles(const Graph& graph, const Node& node, const KernelSet& kernels) {
  return node.type.rows == Rows::kTokens && KernelOf(graph, node, kernels)->run_tiles != nullptr;
}

// How many rows stand side by side in one of that input.
uint32_t PartsWanted(const Node& node) {
  if (node.op != Op::kExperts) return 1;
  const auto& experts = std::get<ExpertsAttributes>(node.attributes);
  return experts.own_inputs ? experts.k : 1;
}

// Operations that can write their result as Q8 at once: they compute whole rows, whose columns
// share units.
bool CanQuantizeItsResult(Op op) { return op == Op::kRmsNorm || op == Op::kLayerNorm; }

// Of each node, whether all that read it want it as Q8, its columns together.
std::vector<bool> FindReadAsQ8Only(const Graph& graph, const KernelSet& kernels) {
  std::vector<bool> q8_only(graph.size(), true);
  std::vector<bool> read(graph.size(), false);
  for (const Node& node : graph.nodes()) {
    const bool as_q8 = WantsQ8(graph, node, kernels) && PartsWanted(node) == 1;
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

// Of each node, in which form those get its value that want it as Q8: in tiles for tokens that are
// read, where all of them can multiply these.
std::vector<Element> FindForms(const Graph& graph, const KernelSet& kernels) {
  std::vector<Element> forms(graph.size(), Element::kQ8OrTiles);
  for (const Node& node : graph.nodes()) {
    if (!WantsQ8(graph, node, kernels) || TakesTiles(graph, node, kernels)) continue;
    forms[node.inputs[0]] = Element::kQ8;
  }
  return forms;
}

}  // namespace

Graph QuantizeActivations(const Graph& graph, const KernelSet& kernels) {
  const std::vector<bool> q8_only = FindReadAsQ8Only(graph, kernels);
  const std::vector<Element> forms = FindForms(graph, kernels);
  Rewriter rewriter(graph);
  // New ids: of a value, its quantized form in so many parts.
  std::map<std::pair<NodeId, uint32_t>, NodeId> quantized;
  for (NodeId id = 0; id < graph.size(); ++id) {
    Node node = rewriter.Renamed(id);
    if (CanQuantizeItsResult(node.op) && q8_only[id]) {
      node.type.element = forms[id];
    } else if (WantsQ8(rewriter.to(), node, kernels)) {
      const NodeId x = node.inputs[0];
      ValueType type = rewriter.to().node(x).type;
      if (type.element == Element::kF32) {
        type.element = forms[graph.node(id).inputs[0]];
        type.parts = PartsWanted(node);
        const auto [as_q8, is_new] = quantized.try_emplace({x, type.parts});
        if (is_new) as_q8->second = rewriter.Emit({Op::kQuantize, {x}, type, {}});
        node.inputs[0] = as_q8->second;
      }
    }
    rewriter.Replace(id, rewriter.Emit(std::move(node)));
  }
  return rewriter.Finish();
}

}  // namespace ingle
