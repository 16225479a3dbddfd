#include "kernels/sparsify/sparsify.h"

#include <cmath>

#include "kernels/sparsify/x86_avx2.h"

namespace ingle {
namespace {

void SparsifyScalar(const SparsifyTask& task) {
  const auto n = static_cast<double>(task.count);
  double sum = 0;
  for (size_t i = 0; i < task.count; ++i) sum += task.x[i];
  const double mean = sum / n;
  double squares = 0;
  for (size_t i = 0; i < task.count; ++i) squares += (task.x[i] - mean) * (task.x[i] - mean);
  const auto cut = static_cast<float>(mean + task.deviations * std::sqrt(squares / n));
  for (size_t i = 0; i < task.count; ++i) {
    const float above = task.x[i] - cut;
    task.output[i] = above < 0 ? 0.0f : above;  // keeps a NaN
  }
}

constexpr SparsifyKernel kKernels[] = {
#if defined(__x86_64__)
    {"avx2", kCpuAvx2, SparsifyAvx2},
#endif
    {"scalar", 0, SparsifyScalar},
};

}  // namespace

std::span<const SparsifyKernel> SparsifyKernels() { return kKernels; }

}  // namespace ingle
