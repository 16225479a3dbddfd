#include "engine/model_facts.h"

#include <cmath>
#include <set>

#include "kernels/dequantize/dequantize.h"

namespace ingle {
namespace {

bool HasBrokenRow(const TensorView& view) {
  const size_t columns = view.shape.columns();
  std::vector<float> row(columns);
  for (uint64_t r = 0; r < view.shape.rows(); ++r) {
    DequantizeRow(view.type, view.row(r), row.data(), columns);
    for (const float value : row) {
      if (!std::isfinite(value)) return true;
    }
  }
  return false;
}

}  // namespace

DType DefaultCacheType(const Graph& graph) {
  for (const Node& node : graph.nodes()) {
    if (node.op == Op::kWeight && IsQuantized(WeightOf(node).view.type)) return DType::kF16;
  }
  return DType::kF32;
}

uint32_t LongContext(const Graph& graph) {
  for (const Node& node : graph.nodes()) {
    const auto* rope = std::get_if<RopeAttributes>(&node.attributes);
    if (rope != nullptr && !rope->long_frequencies.empty()) return rope->long_context;
  }
  return 0;
}

uint64_t WeightBytes(const Model& model) {
  std::set<const std::byte*> counted;
  uint64_t bytes = 0;
  for (const Graph* graph : GraphsOf(model)) {
    for (const Node& node : graph->nodes()) {
      if (node.op != Op::kWeight) continue;
      const WeightAttributes& weight = WeightOf(node);
      const auto add = [&](const TensorView& view) {
        if (counted.insert(view.data).second) bytes += view.bytes();
      };
      add(weight.view);
      for (const TensorView& expert : weight.experts) add(expert);
    }
  }
  return bytes;
}

std::optional<std::string> FindBrokenTensor(const Model& model) {
  for (const Graph* graph : GraphsOf(model)) {
    for (const Node& node : graph->nodes()) {
      if (node.op == Op::kWeight && HasBrokenRow(WeightOf(node).view)) return WeightOf(node).name;
    }
  }
  return std::nullopt;
}

}  // namespace ingle
