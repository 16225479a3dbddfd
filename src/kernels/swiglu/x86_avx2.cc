#include "kernels/swiglu/x86_avx2.h"

#include "kernels/x86_avx2_inline.h"

namespace ingle {
namespace {

__m256 SwiGlu(__m256 gate, __m256 up) {
  const __m256 one = _mm256_set1_ps(1.0f);
  const __m256 denominator = _mm256_add_ps(one, Exp(_mm256_sub_ps(_mm256_setzero_ps(), gate)));
  return _mm256_mul_ps(_mm256_div_ps(gate, denominator), up);
}

}  // namespace

void SwiGluAvx2(const SwiGluTask& task) {
  size_t i = 0;
  for (; i + 8 <= task.count; i += 8) {
    _mm256_storeu_ps(task.output + i,
                     SwiGlu(_mm256_loadu_ps(task.gate + i), _mm256_loadu_ps(task.up + i)));
  }
  if (i == task.count) return;
  const __m256i rest = FirstLanes(static_cast<unsigned>(task.count - i));
  _mm256_maskstore_ps(
      task.output + i, rest,
      SwiGlu(_mm256_maskload_ps(task.gate + i, rest), _mm256_maskload_ps(task.up + i, rest)));
}

}  // namespace ingle
