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
    case Op::kRmsNorm:
      return "rms_norm";
    case Op::kRope:
      return "rope";
    case Op::kAttention:
      return "attention";
    case Op::kSwiGlu:
      return "swiglu";
    case Op::kSelectRows:
      return "select_rows";
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

std::vector<uint32_t> Graph::CountUses() const {
  std::vector<uint32_t> uses(nodes_.size(), 0);
  for (const Node& node : nodes_) {
    for (const NodeId input : node.inputs) ++uses[input];
  }
  return uses;
}

}  // namespace ingle
