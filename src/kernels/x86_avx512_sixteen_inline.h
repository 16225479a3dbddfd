// Sixteen floats side by side: AVX-512 with BW, DQ and VL. See eight_inline.h: the part of its
// vocabulary in which no lane meets another, of which what is made has the same bits; and sums and
// maxima of all lanes.
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

namespace ingle {
namespace {

using Floats = __m512;
using Words = __m512i;
using Mask = __mmask16;

inline constexpr size_t kLanes = 16;

inline Mask FirstOnly(size_t count) {
  return count >= kLanes ? Mask{0xFFFF} : static_cast<Mask>((1u << count) - 1);
}

inline Floats FloatsAt(const float* p) { return _mm512_loadu_ps(p); }
inline Floats HalvesAt(const uint16_t* p) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
inline Floats FloatsOfBytesAt(const int8_t* p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes));
}
inline Floats FirstFloatsAt(const float* p, size_t count) {
  return _mm512_maskz_loadu_ps(FirstOnly(count), p);
}
inline void Put(float* p, Floats v) { _mm512_storeu_ps(p, v); }
inline void PutFirst(float* p, size_t count, Floats v) {
  _mm512_mask_storeu_ps(p, FirstOnly(count), v);
}

inline Floats Splat(float x) { return _mm512_set1_ps(x); }
inline Floats SplatAt(const float* p) { return _mm512_set1_ps(*p); }
inline Words SplatWord(int x) { return _mm512_set1_epi32(x); }

inline Floats Add(Floats a, Floats b) { return _mm512_add_ps(a, b); }
inline Floats Sub(Floats a, Floats b) { return _mm512_sub_ps(a, b); }
inline Floats Mul(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
inline Floats Div(Floats a, Floats b) { return _mm512_div_ps(a, b); }
inline Floats Fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
inline Floats FmaNegated(Floats a, Floats b, Floats c) { return _mm512_fnmadd_ps(a, b, c); }
inline Floats Max(Floats a, Floats b) { return _mm512_max_ps(a, b); }
inline Floats Min(Floats a, Floats b) { return _mm512_min_ps(a, b); }

inline Words AsWords(Floats a) { return _mm512_castps_si512(a); }
inline Floats AsFloats(Words a) { return _mm512_castsi512_ps(a); }
inline Floats ToFloats(Words a) { return _mm512_cvtepi32_ps(a); }
inline Words Add(Words a, Words b) { return _mm512_add_epi32(a, b); }
inline Words Sub(Words a, Words b) { return _mm512_sub_epi32(a, b); }
inline Words And(Words a, int b) { return _mm512_and_si512(a, SplatWord(b)); }
inline Words Or(Words a, Words b) { return _mm512_or_si512(a, b); }
inline Words Xor(Words a, Words b) { return _mm512_xor_si512(a, b); }
template <int kBits>
inline Words ShiftLeft(Words a) {
  return _mm512_slli_epi32(a, kBits);
}
template <int kBits>
inline Words ShiftRight(Words a) {
  return _mm512_srli_epi32(a, kBits);
}
template <int kBits>
inline Words ShiftRightSigned(Words a) {
  return _mm512_srai_epi32(a, kBits);
}

inline Words SignOf(Floats a) { return And(AsWords(a), static_cast<int>(0x80000000)); }
inline Floats Magnitude(Floats a) { return AsFloats(And(AsWords(a), 0x7FFFFFFF)); }
inline Floats NegatedMagnitude(Floats a) {
  return AsFloats(Or(AsWords(a), SplatWord(static_cast<int>(0x80000000))));
}
inline Floats Negated(Floats a) {
  return AsFloats(Xor(AsWords(a), SplatWord(static_cast<int>(0x80000000))));
}
inline Floats WithSignOf(Floats a, Floats sign) { return AsFloats(Or(AsWords(a), SignOf(sign))); }

inline Mask Less(Floats a, Floats b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
inline Mask Equal(Floats a, Floats b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
inline Mask IsNaN(Floats a) { return _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q); }
inline Mask HasSign(Floats a) { return _mm512_movepi32_mask(AsWords(a)); }
inline Mask All() { return 0xFFFF; }
inline Floats Select(Floats a, Floats b, Mask mask) { return _mm512_mask_mov_ps(a, mask, b); }
inline Floats Only(Floats a, Mask mask) { return _mm512_maskz_mov_ps(mask, a); }

// combine(a, b) of all lanes, in every lane: of halves, then of quarters, and so on.
template <class Combine>
inline Floats Folded(Floats v, const Combine& combine) {
  v = combine(v, _mm512_shuffle_f32x4(v, v, _MM_SHUFFLE(1, 0, 3, 2)));
  v = combine(v, _mm512_shuffle_f32x4(v, v, _MM_SHUFFLE(2, 3, 0, 1)));
  v = combine(v, _mm512_permute_ps(v, _MM_SHUFFLE(1, 0, 3, 2)));
  return combine(v, _mm512_permute_ps(v, _MM_SHUFFLE(2, 3, 0, 1)));
}

inline float HalfToFloat(uint16_t bits) { return _cvtsh_ss(bits); }
inline float FirstLane(Floats v) { return _mm_cvtss_f32(_mm512_castps512_ps128(v)); }
inline float SumLanes(Floats v) {
  return FirstLane(Folded(v, [](Floats a, Floats b) { return Add(a, b); }));
}
inline float MaxOfLanes(Floats v) {
  return FirstLane(Folded(v, [](Floats a, Floats b) { return Max(a, b); }));
}

}  // namespace
}  // namespace ingle
