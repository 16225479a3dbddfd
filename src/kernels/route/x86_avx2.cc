#include "kernels/route/x86_avx2.h"

#include "kernels/route/route_inline.h"
#include "kernels/x86_avx2_inline.h"

namespace ingle {
namespace {

// Eight values from x[i] on; what is beyond the end is -infinity.
__m256 LoadOrLeast(const float* x, size_t i, size_t count) {
  if (i + 8 <= count) return _mm256_loadu_ps(x + i);
  const __m256i present = FirstLanes(static_cast<unsigned>(count - i));
  return _mm256_blendv_ps(_mm256_set1_ps(-__builtin_inff()), _mm256_maskload_ps(x + i, present),
                          _mm256_castsi256_ps(present));
}

// The largest that is a number, or -infinity.
float Largest(const float* x, size_t count) {
  __m256 largest = _mm256_set1_ps(-__builtin_inff());
  // max keeps the second operand where one is a NaN.
  for (size_t i = 0; i < count; i += 8) largest = _mm256_max_ps(LoadOrLeast(x, i, count), largest);
  return MaxLanes(largest);
}

struct Avx2Loops {
  static void Softmax(const float* x, float* output, size_t count) {
    const __m256 largest = _mm256_set1_ps(Largest(x, count));
    Map(x, output, count, [&](__m256 v) { return Exp(_mm256_sub_ps(v, largest)); });
    const __m256 sum = _mm256_set1_ps(SumLanes(SumOver(
        output, count, [](__m256 v, __m256 acc, __m256i) { return _mm256_add_ps(acc, v); })));
    Map(output, output, count, [&](__m256 v) { return _mm256_div_ps(v, sum); });
  }

  static void Sigmoid(const float* x, float* output, size_t count) {
    const __m256 one = _mm256_set1_ps(1.0f);
    Map(x, output, count, [&](__m256 v) {
      const __m256 power = Exp(_mm256_sub_ps(_mm256_setzero_ps(), v));
      return _mm256_div_ps(one, _mm256_add_ps(one, power));
    });
  }

  static size_t Best(const float* x, size_t count) {
    const __m256 largest = _mm256_set1_ps(Largest(x, count));
    for (size_t i = 0; i < count; i += 8) {
      const __m256 equal = _mm256_cmp_ps(LoadOrLeast(x, i, count), largest, _CMP_EQ_OQ);
      const auto lanes = static_cast<unsigned>(_mm256_movemask_ps(equal));
      if (lanes == 0) continue;
      const size_t first = i + static_cast<size_t>(__builtin_ctz(lanes));
      return first < count ? first : 0;  // nothing but NaN
    }
    return 0;
  }
};

}  // namespace

void RouteAvx2(const RouteTask& task) { RouteWith<Avx2Loops>(task); }

}  // namespace ingle
