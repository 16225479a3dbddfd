#include <immintrin.h>

#include "kernels/peak/x86.h"
#include "kernels/peak/x86_forget.h"

namespace ingle {

void Int8PeakAvxVnni(const PeakTask& task) {
  constexpr int kSums = 12;
  const __m256i left = _mm256_set1_epi8(task.left);
  const __m256i right = _mm256_set1_epi8(task.right);
  __m256i sums[kSums];
  for (__m256i& sum : sums) {
    sum = _mm256_setzero_si256();
    INGLE_FORGET(sum);
  }
  for (size_t round = 0; round < task.rounds; ++round) {
    for (int s = 0; s < kSums; ++s) sums[s] = _mm256_dpbusd_avx_epi32(sums[s], left, right);
  }
  *task.sum = 0;
  for (const __m256i sum : sums) {
    alignas(32) int32_t lanes[8];
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), sum);
    for (const int32_t lane : lanes) *task.sum += lane;
  }
}

}  // namespace ingle
