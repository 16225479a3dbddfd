#pragma once

#include "kernels/eight_inline.h"
#include "kernels/rms_norm/rms_norm_task.h"

namespace ingle {
namespace {

inline float MeanSquare(const float* x, size_t count) {
  const Floats sum = SumOver(x, count, [](Floats v, Floats acc, Mask) { return Fma(v, v, acc); });
  return SumLanes(sum) / static_cast<float>(count);
}

inline void RmsNormByEight(const RmsNormTask& task) {
  const float mean = MeanSquare(task.input, task.columns);
  const Floats scale = Splat(1.0f / Root(mean + task.epsilon));
  if (task.weight == nullptr) {
    return Map(task.input, task.output, task.columns, [&](Floats x) { return Mul(x, scale); });
  }
  Map(task.input, task.weight, task.output, task.columns,
      [&](Floats x, Floats weight) { return Mul(Mul(x, scale), weight); });
}

inline void RescaleByEight(const RescaleTask& task) {
  const float mean = MeanSquare(task.x, task.columns);
  // Written so that a NaN is kept.
  const float divisor = Root(mean < task.least ? task.least : mean);
  const Floats scale = Splat(Root(MeanSquare(task.like, task.columns)) / divisor);
  Map(task.x, task.output, task.columns, [&](Floats x) { return Mul(x, scale); });
}

}  // namespace
}  // namespace ingle
