#include "kernels/quantize_q8/quantize_q8.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/q8_rows.h"
#include "kernels/quantize_q8/x86_avx2.h"

namespace ingle {
namespace {

void QuantizeGroup(const float* x, int8_t* q, float& scale, float& sum) {
  float largest = 0;
  bool finite = true;
  for (int i = 0; i < kQ8Group; ++i) {
    const float magnitude = std::fabs(x[i]);
    finite = finite && magnitude <= std::numeric_limits<float>::max();
    if (magnitude > largest) largest = magnitude;
  }
  if (!finite) largest = 0;
  scale = largest / 127.0f;
  const float inverse = largest >= kQ8Least ? 127.0f / largest : 0.0f;
  int32_t q_sum = 0;
  for (int i = 0; i < kQ8Group; ++i) {
    q[i] = finite ? static_cast<int8_t>(std::nearbyintf(x[i] * inverse)) : int8_t{0};
    q_sum += q[i];
  }
  sum = scale * static_cast<float>(q_sum);
  if (!finite) scale = sum = std::numeric_limits<float>::quiet_NaN();
}

void QuantizeQ8Scalar(const QuantizeQ8Task& task) {
  auto* q = reinterpret_cast<int8_t*>(task.output);
  auto* scales = reinterpret_cast<float*>(task.output + Q8ScaleOffset(task.columns));
  auto* sums = reinterpret_cast<float*>(task.output + Q8SumOffset(task.columns));
  for (size_t g = task.group_begin; g < task.group_end; ++g) {
    QuantizeGroup(task.input + g * kQ8Group, q + g * kQ8Group, scales[g], sums[g]);
  }
}

constexpr QuantizeQ8Kernel kKernels[] = {
#if defined(__x86_64__)
    {"avx2", kCpuAvx2, QuantizeQ8Avx2},
#endif
    {"scalar", 0, QuantizeQ8Scalar},
};

}  // namespace

std::span<const QuantizeQ8Kernel> QuantizeQ8Kernels() { return kKernels; }

}  // namespace ingle
