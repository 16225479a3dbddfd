#include <immintrin.h>

#include "kernels/peak/x86.h"
#include "kernels/peak/x86_forget.h"

namespace ingle {
namespace {

double SumLanes32(__m256i v) {
  alignas(32) int32_t lanes[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), v);
  double sum = 0;
  for (const int32_t lane : lanes) sum += lane;
  return sum;
}

}  // namespace

void Int8PeakAvx2(const PeakTask& task) {
  constexpr int kSums = 4;
  const __m256i right = _mm256_set1_epi8(task.right);
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i left = _mm256_set1_epi8(task.left);
  __m256i sums[kSums];
  for (__m256i& sum : sums) {
    sum = _mm256_setzero_si256();
    INGLE_FORGET(sum);
  }
  for (size_t round = 0; round < task.rounds; ++round) {
    for (int s = 0; s < kSums; ++s) {
      INGLE_FORGET(left);
      __m256i pairs = _mm256_maddubs_epi16(left, right);
      for (int more = 1; more < 4; ++more) {
        INGLE_FORGET(left);
        pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(left, right));
      }
      sums[s] = _mm256_add_epi32(sums[s], _mm256_madd_epi16(pairs, ones));
    }
  }
  *task.sum = 0;
  for (const __m256i sum : sums) *task.sum += SumLanes32(sum);
}

void FloatPeakAvx2(const PeakTask& task) {
  constexpr int kSums = 12;
  const __m256 right = _mm256_set1_ps(task.right);
  const __m256 left = _mm256_set1_ps(task.left);
  __m256 sums[kSums];
  for (__m256& sum : sums) {
    sum = _mm256_setzero_ps();
    INGLE_FORGET(sum);
  }
  for (size_t round = 0; round < task.rounds; ++round) {
    for (int s = 0; s < kSums; ++s) sums[s] = _mm256_fmadd_ps(left, right, sums[s]);
  }
  *task.sum = 0;
  for (const __m256 sum : sums) {
    alignas(32) float lanes[8];
    _mm256_store_ps(lanes, sum);
    for (const float lane : lanes) *task.sum += lane;
  }
}

void ReadAvx2(const ReadTask& task) {
  constexpr size_t kSums = 8;
  __m256i sums[kSums] = {};
  for (size_t i = 0; i < task.count; i += 4 * kSums) {
    const char* later = reinterpret_cast<const char*>(task.words + i) + task.ahead;
    for (size_t at = 0; at < 32 * kSums; at += 64) _mm_prefetch(later + at, _MM_HINT_T0);
    for (size_t s = 0; s < kSums; ++s) {
      const auto* words = reinterpret_cast<const __m256i*>(task.words + i + 4 * s);
      sums[s] = _mm256_add_epi64(sums[s], _mm256_load_si256(words));
    }
  }
  *task.sum = 0;
  for (const __m256i sum : sums) {
    alignas(32) uint64_t lanes[4];
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), sum);
    for (const uint64_t lane : lanes) *task.sum += lane;
  }
}

}  // namespace ingle
