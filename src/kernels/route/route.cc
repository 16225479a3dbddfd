#include "kernels/route/route.h"

#include <algorithm>
#include <cmath>

#include "kernels/route/arm_neon.h"
#include "kernels/route/route_inline.h"
#include "kernels/route/x86_avx2.h"

namespace ingle {
namespace {

struct ScalarLoops {
  static void Softmax(const float* x, float* output, size_t count) {
    const float largest = *std::max_element(x, x + count);
    float sum = 0;
    for (size_t i = 0; i < count; ++i) {
      output[i] = std::exp(x[i] - largest);
      sum += output[i];
    }
    for (size_t i = 0; i < count; ++i) output[i] /= sum;
  }

  static void Sigmoid(const float* x, float* output, size_t count) {
    for (size_t i = 0; i < count; ++i) output[i] = 1 / (1 + std::exp(-x[i]));
  }

  static size_t Best(const float* x, size_t count) {
    size_t best = 0;
    for (size_t i = 1; i < count; ++i) {
      if (x[i] > x[best] || (std::isnan(x[best]) && !std::isnan(x[i]))) best = i;
    }
    return best;
  }
};

void RouteScalar(const RouteTask& task) { RouteWith<ScalarLoops>(task); }

constexpr RouteKernel kKernels[] = {
#if defined(__x86_64__)
    {"avx2", kCpuAvx2, RouteAvx2},
#elif defined(__aarch64__)
    {"neon", kCpuNeon, RouteNeon},
#endif
    {"scalar", 0, RouteScalar},
};

}  // namespace

std::span<const RouteKernel> RouteKernels() { return kKernels; }

}  // namespace ingle
