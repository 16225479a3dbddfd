// Sixteen rows side by side: AVX-512 with BW and VL. See panel_types_inline.h.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "tensor/panels.h"

namespace ingle {
namespace {

inline constexpr int kLanes = 16;
using Bytes = __m512i;
using Words = __m512i;
using Floats = __m512;

inline Bytes BytesAt(const void* p) { return _mm512_loadu_si512(p); }
inline Floats FloatsAt(const void* p) { return _mm512_loadu_ps(p); }
inline void Put(void* p, __m512i v) { _mm512_storeu_si512(p, v); }
inline void Put(void* p, Floats v) { _mm512_storeu_ps(p, v); }

inline __mmask16 FirstLanes(size_t count) { return static_cast<__mmask16>((1u << count) - 1); }
inline Floats FirstFloatsAt(const float* p, size_t count) {
  return _mm512_maskz_loadu_ps(FirstLanes(count), p);
}
inline void PutFirst(float* p, size_t count, Floats v) {
  _mm512_mask_storeu_ps(p, FirstLanes(count), v);
}

inline __m256i FirstSixteenBitsAt(const uint16_t* p, size_t count) {
  return _mm256_maskz_loadu_epi16(FirstLanes(count), p);
}
inline __m128i SixteenAt(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
inline __m256i ThirtyTwoAt(const void* p) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
inline Floats HalvesAt(const uint16_t* p) { return _mm512_cvtph_ps(ThirtyTwoAt(p)); }
inline Words WordsAt(const uint8_t* p) { return _mm512_cvtepu8_epi32(SixteenAt(p)); }
inline Words SignedWordsAt(const int8_t* p) { return _mm512_cvtepi8_epi32(SixteenAt(p)); }
inline Words WideWordsAt(const uint16_t* p) { return _mm512_cvtepu16_epi32(ThirtyTwoAt(p)); }
inline Floats FirstHalvesAt(const uint16_t* p, size_t count) {
  return _mm512_cvtph_ps(FirstSixteenBitsAt(p, count));
}
inline Words FirstWideWordsAt(const uint16_t* p, size_t count) {
  return _mm512_cvtepu16_epi32(FirstSixteenBitsAt(p, count));
}

inline Words Splat(int x) { return _mm512_set1_epi32(x); }
inline Floats Splat(float x) { return _mm512_set1_ps(x); }
// The four bytes, or the float, at p, for every row.
inline Bytes SplatFourAt(const std::byte* p) {
  int four;
  __builtin_memcpy(&four, p, sizeof(four));
  return _mm512_set1_epi32(four);
}
inline Floats SplatFloatAt(const void* p) {
  float x;
  __builtin_memcpy(&x, p, sizeof(x));
  return _mm512_set1_ps(x);
}

// Shifts of sixteen bits bring a neighbour's bits along, into places that the mask leaves out.
template <int kFrom, int kCount, int kTo>
inline Bytes MoveBits(Bytes bytes) {
  constexpr int kMask = ((1 << kCount) - 1) << kTo;
  if constexpr (kFrom > kTo) bytes = _mm512_srli_epi16(bytes, kFrom - kTo);
  if constexpr (kFrom < kTo) bytes = _mm512_slli_epi16(bytes, kTo - kFrom);
  return _mm512_and_si512(bytes, _mm512_set1_epi8(static_cast<char>(kMask)));
}

inline Bytes LookUp(const int8_t* table, Bytes bytes) {
  return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(SixteenAt(table)), bytes);
}

// Of each row, the word of a table.
inline Bytes Gather(const uint32_t* table, Words index) {
  return _mm512_i32gather_epi32(index, table, 4);
}
// -byte where the other is 1, byte where it is 0.
inline Bytes NegatedWhere(Bytes bytes, Bytes ones) {
  const __m512i mask = _mm512_sub_epi8(_mm512_setzero_si512(), ones);
  return _mm512_sub_epi8(_mm512_xor_si512(bytes, mask), mask);
}
// The first digit to base three of fractions of 256, once they are multiplied by a power of three.
inline Bytes TernaryDigit(Bytes fractions, int power) {
  const __m512i low = _mm512_set1_epi16(255);
  const auto digits = [&](__m512i x) __attribute__((always_inline)) {
    x = _mm512_and_si512(_mm512_mullo_epi16(x, _mm512_set1_epi16(static_cast<short>(power))), low);
    return _mm512_srli_epi16(_mm512_mullo_epi16(x, _mm512_set1_epi16(3)), 8);
  };
  const __m512i even = digits(_mm512_and_si512(fractions, low));
  const __m512i odd = digits(_mm512_srli_epi16(fractions, 8));
  return _mm512_or_si512(even, _mm512_slli_epi16(odd, 8));
}
inline Words WordsOf(Bytes bytes) { return bytes; }
inline Bytes BytesOf(Words words) { return words; }

inline Words Sub(Words a, Words b) { return _mm512_sub_epi32(a, b); }
inline __m512i Or(__m512i a, __m512i b) { return _mm512_or_si512(a, b); }
inline __m512i Xor(__m512i a, __m512i b) { return _mm512_xor_si512(a, b); }
inline Words And(Words a, int b) { return _mm512_and_si512(a, Splat(b)); }
inline Words Add(Words a, int b) { return _mm512_add_epi32(a, Splat(b)); }
template <int kBits>
inline Words ShiftLeft(Words a) {
  return _mm512_slli_epi32(a, kBits);
}
template <int kBits>
inline Words ShiftRight(Words a) {
  return _mm512_srli_epi32(a, kBits);
}

inline Floats ToFloats(Words a) { return _mm512_cvtepi32_ps(a); }
inline Floats AsFloats(Words a) { return _mm512_castsi512_ps(a); }
inline Floats Add(Floats a, Floats b) { return _mm512_add_ps(a, b); }
inline Floats Mul(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
inline Floats Fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
inline Floats Negated(Floats a) { return _mm512_xor_ps(a, Splat(-0.0f)); }
inline Floats ZeroWhere(Floats a, Words b, int value) {
  return _mm512_mask_mov_ps(a, _mm512_cmpeq_epi32_mask(b, Splat(value)), Splat(0.0f));
}

// The sum of all lanes: the halves are added to each other until one lane is left. Through memory,
// as GCC 12 takes the intrinsics for halves to read something that was never written.
inline float SumLanes(Floats v) {
  alignas(64) float lanes[kLanes];
  Put(lanes, v);
  const __m256 eight = _mm256_add_ps(_mm256_load_ps(lanes), _mm256_load_ps(lanes + 8));
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  four = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(four, _mm_movehdup_ps(four)));
}

}  // namespace
}  // namespace ingle
