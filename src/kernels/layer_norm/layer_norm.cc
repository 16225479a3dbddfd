#include "kernels/layer_norm/layer_norm.h"

#include <cmath>

#include "kernels/layer_norm/arm_neon.h"
#include "kernels/layer_norm/x86_avx2.h"

namespace ingle {
namespace {

// The mean of term(x[i]), in sixteen partial sums.
template <class Term>
float Mean(const float* x, size_t count, const Term& term) {
  constexpr size_t kLanes = 16;
  float lanes[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += term(x[i + lane]);
  }
  for (size_t lane = 0; i < count; ++i, ++lane) lanes[lane] += term(x[i]);
  float sum = 0;
  for (const float lane : lanes) sum += lane;
  return sum / static_cast<float>(count);
}

void LayerNormScalar(const LayerNormTask& task) {
  const float mean = Mean(task.input, task.columns, [](float x) { return x; });
  const float variance =
      Mean(task.input, task.columns, [mean](float x) { return (x - mean) * (x - mean); });
  const float scale = 1.0f / std::sqrt(variance + task.epsilon);
  for (size_t i = 0; i < task.columns; ++i) {
    float value = (task.input[i] - mean) * scale;
    if (task.weight != nullptr) value *= task.weight[i];
    if (task.bias != nullptr) value += task.bias[i];
    task.output[i] = value;
  }
}

constexpr LayerNormKernel kKernels[] = {
#if defined(__x86_64__)
    {"avx2", kCpuAvx2, LayerNormAvx2},
#elif defined(__aarch64__)
    {"neon", kCpuNeon, LayerNormNeon},
#endif
    {"scalar", 0, LayerNormScalar},
};

}  // namespace

std::span<const LayerNormKernel> LayerNormKernels() { return kKernels; }

}  // namespace ingle
