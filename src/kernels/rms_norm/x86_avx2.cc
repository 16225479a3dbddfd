#include "kernels/rms_norm/x86_avx2.h"

#include "kernels/x86_avx2_inline.h"

namespace ingle {
namespace {

float MeanSquare(const float* x, size_t count) {
  const __m256 sum =
      SumOver(x, count, [](__m256 v, __m256 acc, __m256i) { return _mm256_fmadd_ps(v, v, acc); });
  return SumLanes(sum) / static_cast<float>(count);
}

float Root(float x) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))); }

}  // namespace

void RmsNormAvx2(const RmsNormTask& task) {
  const float mean = MeanSquare(task.input, task.columns);
  const __m256 scale = _mm256_set1_ps(1.0f / Root(mean + task.epsilon));
  if (task.weight == nullptr) {
    return Map(task.input, task.output, task.columns,
               [&](__m256 x) { return _mm256_mul_ps(x, scale); });
  }
  Map(task.input, task.weight, task.output, task.columns,
      [&](__m256 x, __m256 weight) { return _mm256_mul_ps(_mm256_mul_ps(x, scale), weight); });
}

void RescaleAvx2(const RescaleTask& task) {
  const float mean = MeanSquare(task.x, task.columns);
  // Written so that a NaN is kept.
  const float divisor = Root(mean < task.least ? task.least : mean);
  const __m256 scale = _mm256_set1_ps(Root(MeanSquare(task.like, task.columns)) / divisor);
  Map(task.x, task.output, task.columns, [&](__m256 x) { return _mm256_mul_ps(x, scale); });
}

}  // namespace ingle
