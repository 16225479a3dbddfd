#include "engine/model_facts.h"

#include <cmath>
#include <map>
#include <set>

#include "kernels/dequantize/dequantize.h"

namespace ingle {
namespace {

std::string TextOr(const GgufFile& file, std::string_view key) {
  const auto text = file.StringOr(key, "");
  return text ? std::string(*text) : "";
}

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

ModelInfo CollectModelInfo(const GgufFile& file, const ModelShape& shape) {
  ModelInfo info;
  info.path = file.name();
  info.name = TextOr(file, "general.name");
  info.architecture = TextOr(file, "general.architecture");
  info.license = TextOr(file, "general.license");
  for (size_t i = 0; i < file.parts(); ++i) info.file_bytes += file.part(i).size();
  info.layers = shape.layers;
  info.width = shape.width;
  info.heads = shape.heads;
  info.kv_heads = shape.kv_heads;
  info.vocabulary = shape.vocabulary;
  info.trained_context = shape.trained_context;

  std::map<std::string_view, uint64_t> elements_by_type;
  for (const GgufTensor& tensor : file.tensors()) {
    info.parameters += tensor.shape.elements();
    elements_by_type[tensor.type->name] += tensor.shape.elements();
  }
  uint64_t most = 0;
  for (const auto& [type, elements] : elements_by_type) {
    if (elements <= most) continue;
    most = elements;
    info.weight_type = std::string(type);
  }
  return info;
}

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

uint64_t WeightBytes(const Graph& graph) {
  std::set<const std::byte*> counted;
  uint64_t bytes = 0;
  for (const Node& node : graph.nodes()) {
    if (node.op != Op::kWeight) continue;
    const TensorView& view = WeightOf(node).view;
    if (counted.insert(view.data).second) bytes += view.bytes();
  }
  return bytes;
}

std::optional<std::string> FindBrokenTensor(const Graph& graph) {
  for (const Node& node : graph.nodes()) {
    if (node.op == Op::kWeight && HasBrokenRow(WeightOf(node).view)) return WeightOf(node).name;
  }
  return std::nullopt;
}

}  // namespace ingle
