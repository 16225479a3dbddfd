// Helpers that the AVX2 files share. Everything here is in the including file's own unnamed
// namespace, so the linker has nothing to merge.
#pragma once

#include <immintrin.h>
#include <stddef.h>

namespace ingle {
namespace {

inline float SumLanes(__m128 v) {
  v = _mm_add_ps(v, _mm_movehl_ps(v, v));
  return _mm_cvtss_f32(_mm_add_ss(v, _mm_movehdup_ps(v)));
}

inline float SumLanes(__m256 v) {
  return SumLanes(_mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1)));
}

// Eight binary16 values at p.
inline __m256 LoadF16(const void* p) {
  return _mm256_cvtph_ps(_mm_loadu_si128(static_cast<const __m128i*>(p)));
}

// The binary16 number with these bits.
inline float HalfToFloat(unsigned short bits) { return _cvtsh_ss(bits); }

// The first count lanes: for the end of a row.
inline __m256i FirstLanes(unsigned count) {
  const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), index);
}

}  // namespace
}  // namespace ingle
