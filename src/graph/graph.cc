#include "graph/graph.h"

namespace ingle {

std::string_view Name(Op op) {
  switch (op) {
    case Op::kInput:
      return "input";
    case Op::kWeight:
      return "weight";
    case Op::kEmbed:
      return "embed";
    case Op::kMatMul:
      return "matmul";
    case Op::kAdd:
      return "add";
    case Op::kMul:
      return "mul";
    case Op::kScale:
      return "scale";
    case Op::kRmsNorm:
      return "rms_norm";
    case Op::kLayerNorm:
      return "layer_norm";
    case Op::kActivate:
      return "activate";
    case Op::kGlu:
      return "glu";
    case Op::kSlice:
      return "slice";
    case Op::kRope:
      return "rope";
    case Op::kAttention:
      return "attention";
    case Op::kSelectRows:
      return "select_rows";
    case Op::kMeanRows:
      return "mean_rows";
    case Op::kRoute:
      return "route";
    case Op::kExperts:
      return "experts";
    case Op::kMix:
      return "mix";
    case Op::kShortConv:
      return "short_conv";
    case Op::kSelectiveScan:
      return "selective_scan";
    case Op::kDeltaRule:
      return "delta_rule";
    case Op::kQuantize:
      return "quantize";
    case Op::kCacheAppend:
      return "cache_append";
    case Op::kAttend:
      return "attend";
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
