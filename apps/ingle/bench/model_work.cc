#include "bench/model_work.h"

#include <algorithm>

#include "graph/graph.h"

namespace ingle {
namespace {

void AddProducts(Products& products, const TensorView& matrix, double uses) {
  const double count = static_cast<double>(matrix.shape.elements()) * uses;
  (IsQuantized(matrix.type) ? products.quantized : products.wide) += count;
}

}  // namespace

double ModelWork::StepBytes(double tokens) const {
  double bytes = step_bytes;
  for (const Experts& layer : experts) {
    bytes += layer.bytes * std::min(layer.count, layer.k * tokens);
  }
  return bytes;
}

double ModelWork::CacheBytes(double position) const {
  double bytes = 0;
  for (const Attention& attention : attentions) {
    const double seen =
        attention.window > 0 ? std::min(position, static_cast<double>(attention.window)) : position;
    bytes += attention.bytes * seen;
  }
  return bytes;
}

ModelWork WorkOf(const Engine& engine) {
  ModelWork work;
  work.state_bytes = static_cast<double>(engine.info().state_bytes);
  const double element = Info(engine.info().cache_type).block_bytes /
                         static_cast<double>(Info(engine.info().cache_type).block_elements);
  const Graph& graph = engine.graph();
  for (const Node& node : graph.nodes()) {
    if (node.op == Op::kMatMul) {
      const Node& weight = graph.node(node.inputs[1]);
      if (weight.op != Op::kWeight) continue;
      const TensorView& matrix = WeightOf(weight).view;
      AddProducts(node.type.rows == Rows::kOutputs ? work.per_output : work.per_token, matrix, 1);
      work.step_bytes += static_cast<double>(matrix.bytes());
    } else if (node.op == Op::kExperts) {
      const WeightAttributes& stack = WeightOf(graph.node(node.inputs[2]));
      const double k = std::get<ExpertsAttributes>(node.attributes).k;
      AddProducts(work.per_token, stack.view, k);
      work.experts.push_back(
          {static_cast<double>(stack.view.bytes()), k, static_cast<double>(stack.experts.size())});
    } else if (node.op == Op::kAttention) {
      const auto& a = std::get<AttentionAttributes>(node.attributes);
      work.attentions.push_back(
          {static_cast<double>(a.kv_heads) * (a.key_size + a.value_size) * element, a.window});
    }
  }
  return work;
}

}  // namespace ingle
