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

inline float MaxLanes(__m256 v) {
  __m128 m = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  m = _mm_max_ps(m, _mm_movehl_ps(m, m));
  return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
}

// exp(x) to about one unit in the last place; 0 below -87.3, infinity above 88.7, NaN for NaN.
//
// x = n ln2 + r with |r| <= ln2 / 2; exp(r) is its Taylor polynomial of degree 7, whose remainder
// is below 2^-27 there; 2^n is put together from its bits. ln2 is split in two (Cody and Waite) so
// that n * ln2 is subtracted without loss.
inline __m256 Exp(__m256 x) {
  const __m256 clamped =
      _mm256_min_ps(_mm256_max_ps(x, _mm256_set1_ps(-87.3365f)), _mm256_set1_ps(88.7228f));
  const __m256 n = _mm256_round_ps(_mm256_mul_ps(clamped, _mm256_set1_ps(1.44269504088896341f)),
                                   _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693145751953125f), clamped);
  r = _mm256_fnmadd_ps(n, _mm256_set1_ps(1.42860682030941723212e-6f), r);

  __m256 p = _mm256_set1_ps(1.0f / 5040);
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 720));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 120));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 24));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 6));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.5f));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f));

  // Twice half the power, for 2^128 has no float.
  const __m256i whole = _mm256_cvtps_epi32(n);
  const __m256i half = _mm256_srai_epi32(whole, 1);
  const auto power = [](__m256i e) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(e, _mm256_set1_epi32(127)), 23));
  };
  __m256 result =
      _mm256_mul_ps(_mm256_mul_ps(p, power(half)), power(_mm256_sub_epi32(whole, half)));

  const __m256 below = _mm256_cmp_ps(x, _mm256_set1_ps(-87.3365f), _CMP_LT_OQ);
  const __m256 above = _mm256_cmp_ps(x, _mm256_set1_ps(88.7228f), _CMP_GT_OQ);
  const __m256 nan = _mm256_cmp_ps(x, x, _CMP_UNORD_Q);
  result = _mm256_andnot_ps(below, result);
  result = _mm256_blendv_ps(result, _mm256_set1_ps(__builtin_inff()), above);
  return _mm256_blendv_ps(result, x, nan);
}

// ln(1 + exp(x)) = max(x, 0) + ln(1 + u) where u = exp(-|x|). With s = u / (2 + u), at most 1/3,
// the logarithm is 2 artanh(s): its series up to s^15 is exact to 2e-9.
inline __m256 SoftplusOf(__m256 x) {
  const __m256 u = Exp(_mm256_or_ps(x, _mm256_set1_ps(-0.0f)));
  const __m256 s = _mm256_div_ps(u, _mm256_add_ps(_mm256_set1_ps(2), u));
  const __m256 square = _mm256_mul_ps(s, s);
  __m256 series = _mm256_set1_ps(1.0f / 15);
  series = _mm256_fmadd_ps(series, square, _mm256_set1_ps(1.0f / 13));
  series = _mm256_fmadd_ps(series, square, _mm256_set1_ps(1.0f / 11));
  series = _mm256_fmadd_ps(series, square, _mm256_set1_ps(1.0f / 9));
  series = _mm256_fmadd_ps(series, square, _mm256_set1_ps(1.0f / 7));
  series = _mm256_fmadd_ps(series, square, _mm256_set1_ps(1.0f / 5));
  series = _mm256_fmadd_ps(series, square, _mm256_set1_ps(1.0f / 3));
  series = _mm256_fmadd_ps(series, square, _mm256_set1_ps(1));
  // max keeps the second operand where one is a NaN.
  return _mm256_fmadd_ps(_mm256_add_ps(s, s), series, _mm256_max_ps(_mm256_setzero_ps(), x));
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

// Eight values at p, or as many as are left there; zeros then.
inline __m256 LoadFirst(const float* p, size_t left) {
  if (left >= 8) return _mm256_loadu_ps(p);
  return _mm256_maskload_ps(p, FirstLanes(static_cast<unsigned>(left)));
}

// Stores eight values, or as many as there is room for.
inline void StoreFirst(float* p, __m256 values, size_t left) {
  if (left >= 8) {
    _mm256_storeu_ps(p, values);
  } else {
    _mm256_maskstore_ps(p, FirstLanes(static_cast<unsigned>(left)), values);
  }
}

// output[i] = f(a[i])
template <class F>
inline void Map(const float* a, float* output, size_t count, const F& f) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) _mm256_storeu_ps(output + i, f(_mm256_loadu_ps(a + i)));
  if (i < count) StoreFirst(output + i, f(LoadFirst(a + i, count - i)), count - i);
}

// output[i] = f(a[i], b[i])
template <class F>
inline void Map(const float* a, const float* b, float* output, size_t count, const F& f) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    _mm256_storeu_ps(output + i, f(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i)));
  }
  if (i == count) return;
  const size_t left = count - i;
  StoreFirst(output + i, f(LoadFirst(a + i, left), LoadFirst(b + i, left)), left);
}

// The sum over x, in lanes: term(v, acc, present) adds eight values to acc, of which those that are
// not present are zeros beyond the end. Four accumulators hide the latency of an addition.
template <class Term>
inline __m256 SumOver(const float* x, size_t count, const Term& term) {
  const __m256i all = _mm256_set1_epi32(-1);
  __m256 acc[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),
                   _mm256_setzero_ps()};
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    for (size_t j = 0; j < 4; ++j) acc[j] = term(_mm256_loadu_ps(x + i + 8 * j), acc[j], all);
  }
  for (size_t j = 0; i < count; ++j, i += 8) {
    const __m256i present = FirstLanes(static_cast<unsigned>(count - i < 8 ? count - i : 8));
    acc[j] = term(_mm256_maskload_ps(x + i, present), acc[j], present);
  }
  return _mm256_add_ps(_mm256_add_ps(acc[0], acc[1]), _mm256_add_ps(acc[2], acc[3]));
}

}  // namespace
}  // namespace ingle
