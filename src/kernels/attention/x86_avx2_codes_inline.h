// Products of int8 codes of the cache, AVX2. See codes_inline.h.
#pragma once

#include "kernels/attention/tiles_inline.h"
#include "kernels/attention/x86_nibbles_inline.h"

namespace ingle {
namespace {

inline __m256i LoadCodes(const std::byte* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

inline __m256i FourCodes(const int8_t* codes) {
  int32_t four;
  __builtin_memcpy(&four, codes, sizeof(four));
  return _mm256_set1_epi32(four);
}

inline __m256i SumPairs(__m256i sums) { return _mm256_madd_epi16(sums, _mm256_set1_epi16(1)); }

inline constexpr int kOffsetOfQ8 = 0;

// Codes reach from -127 to 127, so that pairs of products fit 16 bits; the sign of
// the key goes over to the query, as one side has to be unsigned.
template <int R>
inline void MultiplyQ8(const int8_t* queries, const std::byte* keys, __m256i (&sum)[R]) {
  for (size_t i = 0; i < kCacheBlock / 4; ++i) {
    const __m256i key = LoadCodes(keys + i * 4 * kPageTokens);
    const __m256i size = _mm256_abs_epi8(key);
    Times<R>::Do([&](int r) __attribute__((always_inline)) {
      const __m256i query = FourCodes(queries + (i * R + static_cast<size_t>(r)) * 4);
      const __m256i pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(query, key));
      sum[r] = _mm256_add_epi32(sum[r], SumPairs(pairs));
    });
  }
}

// Codes of Q4_0, 0 to 15, are unsigned and so small that a block's pairs fit 16 bits.
template <int R>
inline void MultiplyQ4(const int8_t* queries, const std::byte* keys, __m256i (&sum)[R]) {
  const __m256i mask = _mm256_set1_epi8(0x0F);
  __m256i pairs[R];
  Times<R>::Do([&](int r) __attribute__((always_inline)) { pairs[r] = _mm256_setzero_si256(); });
  for (size_t i = 0; i < kCacheBlock / 8; ++i) {
    const __m256i bytes = LoadCodes(keys + i * 4 * kPageTokens);
    const __m256i low = _mm256_and_si256(bytes, mask);
    const __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), mask);
    Times<R>::Do([&](int r) __attribute__((always_inline)) {
      const int8_t* query = queries + (2 * i * R + static_cast<size_t>(r)) * 4;
      pairs[r] = _mm256_add_epi16(pairs[r], _mm256_maddubs_epi16(low, FourCodes(query)));
      pairs[r] = _mm256_add_epi16(pairs[r], _mm256_maddubs_epi16(high, FourCodes(query + 4 * R)));
    });
  }
  Times<R>::Do([&](int r) __attribute__((always_inline)) {
    sum[r] = _mm256_add_epi32(sum[r], SumPairs(pairs[r]));
  });
}

}  // namespace
}  // namespace ingle
