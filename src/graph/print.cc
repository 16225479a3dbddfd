#include "graph/print.h"

#include "base/error.h"

namespace ingle {
namespace {

std::string_view Name(Rows rows) {
  switch (rows) {
    case Rows::kTokens:
      return "tokens";
    case Rows::kOutputs:
      return "outputs";
    case Rows::kNone:
      return "";
  }
  return "?";
}

std::string_view Name(Input input) {
  switch (input) {
    case Input::kTokens:
      return "tokens";
    case Input::kPositions:
      return "positions";
    case Input::kOutputRows:
      return "output_rows";
  }
  return "?";
}

std::string TypeText(const ValueType& type) {
  if (type.rows == Rows::kNone) return "nothing";
  const std::string parts = type.parts == 1 ? "" : Cat(type.parts, " × ");
  return Cat(ingle::Name(type.element), " [", Name(type.rows), ", ", parts,
             type.columns / type.parts, "]");
}

std::string WeightText(const WeightAttributes& weight) {
  return Cat(weight.name, " ", Name(weight.view.type), " ", ToString(weight.view.shape));
}

// What the attributes add to the operation's name; empty when there are none.
struct AttributeText {
  std::string operator()(std::monostate) const { return ""; }
  std::string operator()(const InputAttributes& a) const { return std::string(Name(a.input)); }
  std::string operator()(const WeightAttributes& a) const { return WeightText(a); }
  std::string operator()(const MatMulAttributes& a) const {
    return Cat(a.bias ? "+bias" : "", a.residual ? "+residual" : "");
  }
  std::string operator()(const EmbedAttributes& a) const {
    return Cat(a.offset == 0 ? "" : Cat("offset ", a.offset),
               a.first_beyond ? "the first for ids beyond" : "");
  }
  std::string operator()(const ScaleAttributes& a) const {
    return Cat("× ", a.factor, a.limit == 0 ? "" : Cat(", within ±", a.limit));
  }
  std::string operator()(const NormAttributes& a) const {
    return Cat("epsilon ", a.epsilon, a.group == 0 ? "" : Cat(", groups of ", a.group));
  }
  std::string operator()(const ActivationAttributes& a) const {
    return Cat(ingle::Name(a.activation), a.limit == 0 ? "" : Cat(", limit ", a.limit),
               a.offset == 0 ? "" : Cat(", up + ", a.offset));
  }
  std::string operator()(const SliceAttributes& a) const {
    return Cat(a.begin, " to ", a.begin + a.length, " of every ", a.period);
  }
  std::string operator()(const BlendAttributes& a) const { return Cat(a.parts, " parts"); }
  std::string operator()(const SparsifyAttributes& a) const {
    return Cat(a.deviations, " deviations above the mean");
  }
  std::string operator()(const RopeAttributes& a) const {
    return Cat("head ", a.head_size, ", ",
               a.pairs == RopePairs::kInterleaved ? "interleaved" : "halves", ", ",
               a.frequencies.size(), " pairs", a.magnitude == 1 ? "" : Cat(", × ", a.magnitude),
               a.long_frequencies.empty() ? "" : Cat(", other ones beyond ", a.long_context));
  }
  std::string operator()(const AttentionAttributes& a) const {
    return Cat("cache ", a.state, ", ", a.heads, " heads on ", a.kv_heads, ", size ", a.key_size,
               a.value_size == a.key_size ? "" : Cat("/", a.value_size), ", scale ", a.scale,
               a.window == 0 ? "" : Cat(", window ", a.window),
               a.softcap == 0 ? "" : Cat(", softcap ", a.softcap), a.causal ? "" : ", not causal",
               a.shares_cache ? ", shared" : "", a.of_source ? ", of the source" : "",
               a.slopes.empty() ? "" : ", alibi", a.buckets.empty() ? "" : ", relative");
  }
  std::string operator()(const RouteAttributes& a) const {
    return Cat(a.k, " of ", a.experts,
               a.scores == RouteAttributes::Scores::kSigmoid   ? ", sigmoid"
               : a.scores == RouteAttributes::Scores::kSoftmax ? ", softmax"
                                                               : ", softmax of these",
               a.normalize ? ", normalized" : "", a.scale == 1 ? "" : Cat(", × ", a.scale),
               a.scaled ? ", × each one's" : "");
  }
  std::string operator()(const ExpertsAttributes& a) const {
    return Cat(a.k, " a row", a.own_inputs ? ", each its own" : "", a.bias ? ", +bias" : "");
  }
  std::string operator()(const RecurrentAttributes& a) const {
    return Cat("state ", a.state, ", ", a.heads, " heads in ", a.groups, " groups, ", a.key_size,
               " × ", a.value_size);
  }
};

std::string AttributesOf(const Node& node) { return std::visit(AttributeText{}, node.attributes); }

std::string OperandText(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (node.op == Op::kWeight) return WeightOf(node).name;
  return Cat("%", id);
}

std::string DotLabel(const Graph& graph, const Node& node) {
  std::string label = std::string(Name(node.op));
  if (const std::string attributes = AttributesOf(node); !attributes.empty()) {
    label += "\\n" + attributes;
  }
  for (const NodeId input : node.inputs) {
    const Node& from = graph.node(input);
    if (from.op == Op::kWeight) label += "\\n" + WeightText(WeightOf(from));
  }
  return label;
}

// Inside a quoted DOT string only the quote and the backslash mean something; "\n" is ours.
std::string EscapeDot(const std::string& text) {
  std::string escaped;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool newline = text[i] == '\\' && i + 1 < text.size() && text[i + 1] == 'n';
    if (text[i] == '"' || (text[i] == '\\' && !newline)) escaped += '\\';
    escaped += text[i];
  }
  return escaped;
}

}  // namespace

std::string ToText(const Graph& graph) {
  std::string text;
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Node& node = graph.node(id);
    if (node.op == Op::kWeight) continue;
    text += Cat("%", id, " = ", Name(node.op), "(");
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      text += Cat(i > 0 ? ", " : "", OperandText(graph, node.inputs[i]));
    }
    const std::string attributes = AttributesOf(node);
    text += Cat(")", attributes.empty() ? "" : Cat(" {", attributes, "}"), " : ",
                TypeText(node.type), id == graph.output() ? "  -> answer" : "", "\n");
  }
  return text;
}

std::string ToDot(const Graph& graph) {
  std::string dot = "digraph model {\n  node [shape=box, fontname=\"sans-serif\"];\n";
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Node& node = graph.node(id);
    if (node.op == Op::kWeight) continue;
    dot += Cat("  n", id, " [label=\"", EscapeDot(DotLabel(graph, node)), "\"];\n");
    for (const NodeId input : node.inputs) {
      if (graph.node(input).op == Op::kWeight) continue;
      dot +=
          Cat("  n", input, " -> n", id, " [label=\"", TypeText(graph.node(input).type), "\"];\n");
    }
  }
  return dot + "}\n";
}

}  // namespace ingle
