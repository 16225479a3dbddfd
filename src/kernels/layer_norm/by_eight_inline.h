#pragma once

#include "kernels/eight_inline.h"
#include "kernels/layer_norm/layer_norm_task.h"

namespace ingle {
namespace {

inline float Mean(const float* x, size_t count) {
  const Floats sum = SumOver(x, count, [](Floats v, Floats acc, Mask) { return Add(acc, v); });
  return SumLanes(sum) / static_cast<float>(count);
}

inline float Variance(const float* x, size_t count, float mean) {
  const Floats center = Splat(mean);
  const Floats sum = SumOver(x, count, [&](Floats v, Floats acc, Mask present) {
    const Floats from_mean = Only(Sub(v, center), present);
    return Fma(from_mean, from_mean, acc);
  });
  return SumLanes(sum) / static_cast<float>(count);
}

inline void LayerNormByEight(const LayerNormTask& task) {
  const float mean = Mean(task.input, task.columns);
  const float variance = Variance(task.input, task.columns, mean);
  const float root = Root(variance + task.epsilon);
  const Floats center = Splat(mean);
  const Floats scale = Splat(1.0f / root);
  const auto normalized = [&](Floats x) { return Mul(Sub(x, center), scale); };
  if (task.weight == nullptr) {
    Map(task.input, task.output, task.columns, normalized);
  } else {
    Map(task.input, task.weight, task.output, task.columns,
        [&](Floats x, Floats weight) { return Mul(normalized(x), weight); });
  }
  if (task.bias == nullptr) return;
  Map(task.output, task.bias, task.output, task.columns,
      [](Floats x, Floats bias) { return Add(x, bias); });
}

}  // namespace
}  // namespace ingle
