// The sums in f64, as the scalar kernel has them: the deviation is a small difference of large
// sums.
#include "kernels/sparsify/x86_avx2.h"

#include "kernels/x86_avx2_eight_inline.h"

#include "kernels/eight_inline.h"

namespace ingle {
namespace {

// The mean of term(x[i]) over four values at a time, in eight partial sums.
template <class Term>
double MeanOf(const float* x, size_t count, const Term& term) {
  __m256d sums[2] = {_mm256_setzero_pd(), _mm256_setzero_pd()};
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    sums[0] = _mm256_add_pd(sums[0], term(_mm256_cvtps_pd(_mm_loadu_ps(x + i))));
    sums[1] = _mm256_add_pd(sums[1], term(_mm256_cvtps_pd(_mm_loadu_ps(x + i + 4))));
  }
  double lanes[4];
  _mm256_storeu_pd(lanes, _mm256_add_pd(sums[0], sums[1]));
  double sum = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
  for (; i < count; ++i) sum += _mm256_cvtsd_f64(term(_mm256_set1_pd(x[i])));
  return sum / static_cast<double>(count);
}

}  // namespace

void SparsifyAvx2(const SparsifyTask& task) {
  const double mean = MeanOf(task.x, task.count, [](__m256d x) { return x; });
  const __m256d center = _mm256_set1_pd(mean);
  const double variance = MeanOf(task.x, task.count, [&](__m256d x) {
    const __m256d from_mean = _mm256_sub_pd(x, center);
    return _mm256_mul_pd(from_mean, from_mean);
  });
  const double deviation = _mm256_cvtsd_f64(_mm256_sqrt_pd(_mm256_set1_pd(variance)));
  const Floats cut = Splat(static_cast<float>(mean + task.deviations * deviation));
  Map(task.x, task.output, task.count, [&](Floats x) { return Max(Splat(0), Sub(x, cut)); });
}

}  // namespace ingle
