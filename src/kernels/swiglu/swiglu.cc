#include "kernels/swiglu/swiglu.h"

#include <cmath>

#include "kernels/swiglu/x86_avx2.h"

namespace ingle {
namespace {

void SwiGluScalar(const SwiGluTask& task) {
  for (size_t i = 0; i < task.count; ++i) {
    const float gate = task.gate[i];
    task.output[i] = gate / (1.0f + std::exp(-gate)) * task.up[i];
  }
}

constexpr SwiGluKernel kKernels[] = {
#if defined(__x86_64__)
    {"avx2", kCpuAvx2, SwiGluAvx2},
#endif
    {"scalar", 0, SwiGluScalar},
};

}  // namespace

std::span<const SwiGluKernel> SwiGluKernels() { return kKernels; }

}  // namespace ingle
