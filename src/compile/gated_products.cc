#include "compile/gated_products.h"

#include <array>
#include <optional>

namespace ingle {
namespace {

constexpr NodeId kNone = UINT32_MAX;

// A product and nothing more, of an input that may be in tiles.
bool IsPlainProductOfTiles(const Node& node, const Graph& graph) {
  return node.op == Op::kMatMul && node.inputs.size() == 2 &&
         graph.node(node.inputs[0]).type.element == Element::kQ8OrTiles;
}

DType WeightTypeOf(const Node& product, const Graph& graph) {
  return WeightOf(graph.node(product.inputs[1])).view.type;
}

// Of each node the only one that reads it, or kNone. The answer has other readers.
std::vector<NodeId> FindOnlyReaders(const Graph& graph) {
  std::vector<NodeId> readers(graph.size(), kNone);
  std::vector<int> count(graph.size(), 0);
  for (NodeId id = 0; id < graph.size(); ++id) {
    for (const NodeId input : graph.node(id).inputs) {
      readers[input] = ++count[input] == 1 ? id : kNone;
    }
  }
  readers[graph.output()] = kNone;
  return readers;
}

// last: the three last nodes that become steps.
std::optional<GatedNodes> GatedNodesOf(const Graph& graph, const std::array<NodeId, 3>& last,
                                       const std::vector<NodeId>& only_readers) {
  const auto [first, second, glu] = last;
  const Node& node = graph.node(glu);
  if (node.op != Op::kGlu || first == kNone) return std::nullopt;
  const bool are_inputs = (node.inputs[0] == first && node.inputs[1] == second) ||
                          (node.inputs[0] == second && node.inputs[1] == first);
  if (!are_inputs || only_readers[first] != glu || only_readers[second] != glu) return std::nullopt;
  const Node& a = graph.node(first);
  const Node& b = graph.node(second);
  const bool alike = IsPlainProductOfTiles(a, graph) && IsPlainProductOfTiles(b, graph) &&
                     a.inputs[0] == b.inputs[0] && WeightTypeOf(a, graph) == WeightTypeOf(b, graph);
  if (!alike) return std::nullopt;
  const NodeId reader = only_readers[glu];
  const bool is_rounded = reader != kNone && graph.node(reader).op == Op::kQuantize &&
                          graph.node(reader).type.element == Element::kQ8OrTiles;
  return GatedNodes{{first, second}, glu, is_rounded ? reader : glu};
}

}  // namespace

std::vector<GatedNodes> FindGatedProducts(const Graph& graph) {
  const std::vector<NodeId> only_readers = FindOnlyReaders(graph);
  std::vector<GatedNodes> found;
  std::array<NodeId, 3> last{kNone, kNone, kNone};
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Op op = graph.node(id).op;
    if (op == Op::kInput || op == Op::kWeight) continue;
    last = {last[1], last[2], id};
    if (const auto gated = GatedNodesOf(graph, last, only_readers)) found.push_back(*gated);
  }
  return found;
}

}  // namespace ingle
