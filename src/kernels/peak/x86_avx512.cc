#include <immintrin.h>

#include "kernels/peak/x86.h"
#include "kernels/peak/x86_forget.h"

namespace ingle {

void Int8PeakAvx512Vnni(const PeakTask& task) {
  constexpr int kSums = 12;
  const __m512i left = _mm512_set1_epi8(task.left);
  const __m512i right = _mm512_set1_epi8(task.right);
  __m512i sums[kSums];
  for (__m512i& sum : sums) {
    sum = _mm512_setzero_si512();
    INGLE_FORGET(sum);
  }
  for (size_t round = 0; round < task.rounds; ++round) {
    for (int s = 0; s < kSums; ++s) sums[s] = _mm512_dpbusd_epi32(sums[s], left, right);
  }
  *task.sum = 0;
  for (const __m512i sum : sums) {
    alignas(64) int32_t lanes[16];
    _mm512_store_si512(lanes, sum);
    for (const int32_t lane : lanes) *task.sum += lane;
  }
}

void FloatPeakAvx512(const PeakTask& task) {
  constexpr int kSums = 12;
  const __m512 left = _mm512_set1_ps(task.left);
  const __m512 right = _mm512_set1_ps(task.right);
  __m512 sums[kSums];
  for (__m512& sum : sums) {
    sum = _mm512_setzero_ps();
    INGLE_FORGET(sum);
  }
  for (size_t round = 0; round < task.rounds; ++round) {
    for (int s = 0; s < kSums; ++s) sums[s] = _mm512_fmadd_ps(left, right, sums[s]);
  }
  *task.sum = 0;
  for (const __m512 sum : sums) {
    alignas(64) float lanes[16];
    _mm512_store_ps(lanes, sum);
    for (const float lane : lanes) *task.sum += lane;
  }
}

}  // namespace ingle
