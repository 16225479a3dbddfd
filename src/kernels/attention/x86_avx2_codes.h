// Scores of quantized keys, AVX2: products of int8 codes, summed exactly in integers over each
// block of 32 elements, then multiplied by the scales of both sides.
#pragma once

#include "kernels/attention/x86_avx2_tiles.h"

namespace ingle {
namespace {

// Queries of a tile in int8, for each block of 32 elements: the codes of four elements of R rows
// side by side, eight times; then each row's scale, and what the offset of its codes of Q4_0 adds.
struct CodedQueries {
  const int8_t* codes;    // [size / 4, R, 4]
  const float* scales;    // [size / 32, R]
  const int32_t* eights;  // [size / 32, R]: 8 * the sum of the codes
};

inline __m256i LoadCodes(const std::byte* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

inline __m256i FourCodes(const int8_t* codes) {
  int32_t four;
  __builtin_memcpy(&four, codes, sizeof(four));
  return _mm256_set1_epi32(four);
}

inline __m256i SumPairs(__m256i sums) { return _mm256_madd_epi16(sums, _mm256_set1_epi16(1)); }

// Products of one block of 32 elements, eight positions. keys: the position's codes of the block's
// first elements. Codes reach from -127 to 127, so that pairs of products fit 16 bits; the sign of
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

// The same of Q4_0, whose codes, 0 to 15, are unsigned and so small that a block's pairs fit 16
// bits.
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

// Scores of eight positions of a page, from position `at` on.
template <int R, CacheType type>
inline void ScoreEight(const CodedQueries& queries, const std::byte* keys, size_t size, size_t at,
                       float* scores) {
  constexpr size_t kBlockBytes = kPageTokens * (type == CacheType::kQ8_0 ? 32 : 16);
  const std::byte* scales = keys + CacheScaleOffset(type, size) + at * 2;
  __m256 score[R];
  Times<R>::Do([&](int r) __attribute__((always_inline)) { score[r] = _mm256_setzero_ps(); });
  for (size_t block = 0; block < size / kCacheBlock; ++block) {
    const int8_t* codes = queries.codes + block * kCacheBlock * R;
    const std::byte* block_keys = keys + block * kBlockBytes + at * 4;
    __m256i sum[R];
    Times<R>::Do([&](int r) __attribute__((always_inline)) {
      const int32_t eights = queries.eights[block * R + static_cast<size_t>(r)];
      sum[r] = _mm256_set1_epi32(type == CacheType::kQ8_0 ? 0 : -eights);
    });
    if (type == CacheType::kQ8_0) {
      MultiplyQ8<R>(codes, block_keys, sum);
    } else {
      MultiplyQ4<R>(codes, block_keys, sum);
    }
    const __m256 key_scales = LoadF16(scales + block * kPageTokens * 2);
    Times<R>::Do([&](int r) __attribute__((always_inline)) {
      const __m256 scale = _mm256_mul_ps(
          key_scales, _mm256_broadcast_ss(queries.scales + block * R + static_cast<size_t>(r)));
      score[r] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum[r]), scale, score[r]);
    });
  }
  Times<R>::Do([&](int r) __attribute__((always_inline)) {
    _mm256_storeu_ps(scores + static_cast<size_t>(r) * kScoreStride + at, score[r]);
  });
}

// A page's scores. keys: the head's part of the page.
template <CacheType type>
inline void ScoreCodes(size_t rows, const CodedQueries& queries, const std::byte* keys, size_t size,
                       float* scores) {
  WithRows(rows, [&](auto r) {
    for (size_t at = 0; at < kPageTokens; at += 8) {
      ScoreEight<decltype(r)::kCount, type>(queries, keys, size, at, scores);
    }
  });
}

}  // namespace
}  // namespace ingle
