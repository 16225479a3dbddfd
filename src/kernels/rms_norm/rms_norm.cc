#include "kernels/rms_norm/rms_norm.h"

#include <cmath>

#include "kernels/rms_norm/arm_neon.h"
#include "kernels/rms_norm/x86_avx2.h"

namespace ingle {
namespace {

// In sixteen partial sums, which compilers keep in vector registers.
float MeanSquare(const float* x, size_t count) {
  constexpr size_t kLanes = 16;
  float lanes[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += x[i + lane] * x[i + lane];
  }
  for (size_t lane = 0; i < count; ++i, ++lane) lanes[lane] += x[i] * x[i];
  float sum = 0;
  for (const float lane : lanes) sum += lane;
  return sum / static_cast<float>(count);
}

void RmsNormScalar(const RmsNormTask& task) {
  const float mean = MeanSquare(task.input, task.columns);
  const float scale = 1.0f / std::sqrt(mean + task.epsilon);
  for (size_t i = 0; i < task.columns; ++i) {
    const float value = task.input[i] * scale;
    task.output[i] = task.weight == nullptr ? value : value * task.weight[i];
  }
}

void RescaleScalar(const RescaleTask& task) {
  const float mean = MeanSquare(task.x, task.columns);
  // Written so that a NaN is kept.
  const float divisor = std::sqrt(mean < task.least ? task.least : mean);
  const float scale = std::sqrt(MeanSquare(task.like, task.columns)) / divisor;
  for (size_t i = 0; i < task.columns; ++i) task.output[i] = task.x[i] * scale;
}

constexpr RmsNormKernels kTable[] = {
#if defined(__x86_64__)
    {"avx2", kCpuAvx2, RmsNormAvx2, RescaleAvx2},
#elif defined(__aarch64__)
    {"neon", kCpuNeon, RmsNormNeon, RescaleNeon},
#endif
    {"scalar", 0, RmsNormScalar, RescaleScalar},
};

}  // namespace

std::span<const RmsNormKernels> RmsNormTable() { return kTable; }

}  // namespace ingle
