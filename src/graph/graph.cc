#include "graph/graph.h"

namespace ingle {

namespace {

struct OpName {
  Op op;
  std::string_view name;
};
constexpr OpName kOpNames[] = {
    {Op::kInput, "input"},
    {Op::kWeight, "weight"},
    {Op::kEmbed, "embed"},
    {Op::kMatMul, "matmul"},
    {Op::kAdd, "add"},
    {Op::kMul, "mul"},
    {Op::kScale, "scale"},
    {Op::kRmsNorm, "rms_norm"},
    {Op::kLayerNorm, "layer_norm"},
    {Op::kActivate, "activate"},
    {Op::kGlu, "glu"},
    {Op::kSlice, "slice"},
    {Op::kConcat, "concat"},
    {Op::kRescale, "rescale"},
    {Op::kBlend, "blend"},
    {Op::kSparsify, "sparsify"},
    {Op::kRope, "rope"},
    {Op::kAttention, "attention"},
    {Op::kSelectRows, "select_rows"},
    {Op::kMeanRows, "mean_rows"},
    {Op::kRoute, "route"},
    {Op::kExperts, "experts"},
    {Op::kMix, "mix"},
    {Op::kShortConv, "short_conv"},
    {Op::kSelectiveScan, "selective_scan"},
    {Op::kDeltaRule, "delta_rule"},
    {Op::kQuantize, "quantize"},
    {Op::kRopeAngles, "rope_angles"},
    {Op::kCacheAppend, "cache_append"},
    {Op::kAttend, "attend"},
};

}  // namespace

std::string_view Name(Op op) {
  for (const OpName& row : kOpNames) {
    if (row.op == op) return row.name;
  }
  return "?";
}

std::string_view Name(Element element) {
  switch (element) {
    case Element::kF32:
      return "f32";
    case Element::kI32:
      return "i32";
    case Element::kQ8:
      return "q8";
    case Element::kQ8OrTiles:
      return "q8 or tiles";
  }
  return "?";
}

std::string_view Name(Activation activation) {
  switch (activation) {
    case Activation::kSilu:
      return "silu";
    case Activation::kGelu:
      return "gelu";
    case Activation::kGeluTanh:
      return "gelu_tanh";
    case Activation::kGeluQuick:
      return "gelu_quick";
    case Activation::kRelu:
      return "relu";
    case Activation::kReluSquared:
      return "relu_squared";
    case Activation::kSigmoid:
      return "sigmoid";
    case Activation::kTanh:
      return "tanh";
    case Activation::kSoftplus:
      return "softplus";
  }
  return "?";
}

Graph Graph::UpTo(NodeId output) const {
  Graph part;
  part.nodes_.assign(nodes_.begin(), nodes_.begin() + output + 1);
  part.output_ = output;
  return part;
}

std::vector<uint32_t> Graph::CountUses() const {
  std::vector<uint32_t> uses(nodes_.size(), 0);
  for (const Node& node : nodes_) {
    for (const NodeId input : node.inputs) ++uses[input];
  }
  return uses;
}

}  // namespace ingle
