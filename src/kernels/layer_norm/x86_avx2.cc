#include "kernels/layer_norm/x86_avx2.h"

#include "kernels/x86_avx2_inline.h"

namespace ingle {
namespace {

float Mean(const float* x, size_t count) {
  const __m256 sum =
      SumOver(x, count, [](__m256 v, __m256 acc, __m256i) { return _mm256_add_ps(acc, v); });
  return SumLanes(sum) / static_cast<float>(count);
}

float Variance(const float* x, size_t count, float mean) {
  const __m256 center = _mm256_set1_ps(mean);
  const __m256 sum = SumOver(x, count, [&](__m256 v, __m256 acc, __m256i present) {
    const __m256 from_mean = _mm256_and_ps(_mm256_sub_ps(v, center), _mm256_castsi256_ps(present));
    return _mm256_fmadd_ps(from_mean, from_mean, acc);
  });
  return SumLanes(sum) / static_cast<float>(count);
}

}  // namespace

void LayerNormAvx2(const LayerNormTask& task) {
  const float mean = Mean(task.input, task.columns);
  const float variance = Variance(task.input, task.columns, mean);
  const float root = _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(variance + task.epsilon)));
  const __m256 center = _mm256_set1_ps(mean);
  const __m256 scale = _mm256_set1_ps(1.0f / root);
  const auto normalized = [&](__m256 x) { return _mm256_mul_ps(_mm256_sub_ps(x, center), scale); };
  if (task.weight == nullptr) {
    Map(task.input, task.output, task.columns, normalized);
  } else {
    Map(task.input, task.weight, task.output, task.columns,
        [&](__m256 x, __m256 weight) { return _mm256_mul_ps(normalized(x), weight); });
  }
  if (task.bias == nullptr) return;
  Map(task.output, task.bias, task.output, task.columns,
      [](__m256 x, __m256 bias) { return _mm256_add_ps(x, bias); });
}

}  // namespace ingle
