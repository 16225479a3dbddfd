// Eight floats side by side: AVX2. See eight_inline.h.
#pragma once

#include <stdint.h>

#include "kernels/x86_avx2_inline.h"

namespace ingle {
namespace {

using Floats = __m256;
using Words = __m256i;
using Mask = __m256;

inline constexpr size_t kLanes = 8;

struct Pairs {
  Floats a;
  Floats b;
};

inline Floats FloatsAt(const float* p) { return _mm256_loadu_ps(p); }
inline Floats HalvesAt(const uint16_t* p) { return LoadF16(p); }
inline Floats FloatsOfBytesAt(const int8_t* p) {
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes));
}
inline void Put(float* p, Floats v) { _mm256_storeu_ps(p, v); }

inline Floats Splat(float x) { return _mm256_set1_ps(x); }
inline Floats SplatAt(const float* p) { return _mm256_broadcast_ss(p); }
inline Words SplatWord(int x) { return _mm256_set1_epi32(x); }

inline Floats Add(Floats a, Floats b) { return _mm256_add_ps(a, b); }
inline Floats Sub(Floats a, Floats b) { return _mm256_sub_ps(a, b); }
inline Floats Mul(Floats a, Floats b) { return _mm256_mul_ps(a, b); }
inline Floats Div(Floats a, Floats b) { return _mm256_div_ps(a, b); }
inline Floats Fma(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
inline Floats FmaNegated(Floats a, Floats b, Floats c) { return _mm256_fnmadd_ps(a, b, c); }
inline Floats Max(Floats a, Floats b) { return _mm256_max_ps(a, b); }
inline Floats Min(Floats a, Floats b) { return _mm256_min_ps(a, b); }
inline Floats Negated(Floats a) { return _mm256_xor_ps(a, Splat(-0.0f)); }
inline Floats Magnitude(Floats a) { return _mm256_andnot_ps(Splat(-0.0f), a); }
inline Floats NegatedMagnitude(Floats a) { return _mm256_or_ps(a, Splat(-0.0f)); }
inline Floats WithSignOf(Floats a, Floats sign) {
  return _mm256_or_ps(a, _mm256_and_ps(sign, Splat(-0.0f)));
}

inline Mask Less(Floats a, Floats b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
inline Mask Equal(Floats a, Floats b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
inline Mask IsNaN(Floats a) { return _mm256_cmp_ps(a, a, _CMP_UNORD_Q); }
inline Mask HasSign(Floats a) { return a; }  // Select looks at the sign alone
inline Mask All() { return _mm256_castsi256_ps(_mm256_set1_epi32(-1)); }
inline Mask FirstOnly(size_t count) {
  return _mm256_castsi256_ps(FirstLanes(static_cast<unsigned>(count)));
}
inline Floats Select(Floats a, Floats b, Mask mask) { return _mm256_blendv_ps(a, b, mask); }
inline Floats Only(Floats a, Mask mask) { return _mm256_and_ps(a, mask); }
inline size_t FirstOf(Mask mask) {
  const auto lanes = static_cast<unsigned>(_mm256_movemask_ps(mask));
  return lanes == 0 ? 8 : static_cast<size_t>(__builtin_ctz(lanes));
}

inline Floats ToFloats(Words a) { return _mm256_cvtepi32_ps(a); }
inline Words AsWords(Floats a) { return _mm256_castps_si256(a); }
inline Floats AsFloats(Words a) { return _mm256_castsi256_ps(a); }
template <int kBits>
inline Words ShiftLeft(Words a) {
  return _mm256_slli_epi32(a, kBits);
}

inline Floats FirstFloatsAt(const float* p, size_t count) {
  if (count >= 8) return FloatsAt(p);
  return _mm256_maskload_ps(p, FirstLanes(static_cast<unsigned>(count)));
}
inline void PutFirst(float* p, size_t count, Floats v) {
  if (count >= 8) return Put(p, v);
  _mm256_maskstore_ps(p, FirstLanes(static_cast<unsigned>(count)), v);
}

inline float MaxOfLanes(Floats v) {
  __m128 m = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  m = _mm_max_ps(m, _mm_movehl_ps(m, m));
  return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
}
inline float Root(float x) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))); }

// Unpacking 128 bits at a time leaves pairs in the order 0 1 4 5 2 3 6 7.
inline Floats InPairOrder(const float* p) {
  const __m256d quarters = _mm256_castps_pd(FloatsAt(p));
  return _mm256_castpd_ps(_mm256_permute4x64_pd(quarters, _MM_SHUFFLE(3, 1, 2, 0)));
}
inline Pairs PairsAt(const float* p) {
  const Floats low = FloatsAt(p);
  const Floats high = FloatsAt(p + 8);
  return {_mm256_shuffle_ps(low, high, _MM_SHUFFLE(2, 0, 2, 0)),
          _mm256_shuffle_ps(low, high, _MM_SHUFFLE(3, 1, 3, 1))};
}
inline void PutPairs(float* p, const Pairs& pairs) {
  Put(p, _mm256_unpacklo_ps(pairs.a, pairs.b));
  Put(p + 8, _mm256_unpackhi_ps(pairs.a, pairs.b));
}

inline void TurnFours(const float* from, Floats (&to)[4]) {
  const Floats c01 = FloatsAt(from);
  const Floats c23 = FloatsAt(from + 8);
  const Floats c45 = FloatsAt(from + 16);
  const Floats c67 = FloatsAt(from + 24);
  const Floats c04 = _mm256_permute2f128_ps(c01, c45, 0x20);
  const Floats c15 = _mm256_permute2f128_ps(c01, c45, 0x31);
  const Floats c26 = _mm256_permute2f128_ps(c23, c67, 0x20);
  const Floats c37 = _mm256_permute2f128_ps(c23, c67, 0x31);
  const Floats low[2] = {_mm256_unpacklo_ps(c04, c15), _mm256_unpacklo_ps(c26, c37)};
  const Floats high[2] = {_mm256_unpackhi_ps(c04, c15), _mm256_unpackhi_ps(c26, c37)};
  to[0] = _mm256_shuffle_ps(low[0], low[1], _MM_SHUFFLE(1, 0, 1, 0));
  to[1] = _mm256_shuffle_ps(low[0], low[1], _MM_SHUFFLE(3, 2, 3, 2));
  to[2] = _mm256_shuffle_ps(high[0], high[1], _MM_SHUFFLE(1, 0, 1, 0));
  to[3] = _mm256_shuffle_ps(high[0], high[1], _MM_SHUFFLE(3, 2, 3, 2));
}

}  // namespace
}  // namespace ingle
