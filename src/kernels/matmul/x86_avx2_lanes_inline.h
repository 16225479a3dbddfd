// Eight rows side by side: AVX2. See panel_types_inline.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/x86_avx2_inline.h"
#include "tensor/panels.h"

namespace ingle {
namespace {

inline constexpr int kLanes = 8;
using Bytes = __m256i;
using Words = __m256i;
using Floats = __m256;

inline Bytes BytesAt(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
inline Floats FloatsAt(const void* p) { return _mm256_loadu_ps(static_cast<const float*>(p)); }
inline void Put(void* p, __m256i v) { _mm256_storeu_si256(static_cast<__m256i*>(p), v); }
inline void Put(void* p, Floats v) { _mm256_storeu_ps(static_cast<float*>(p), v); }

inline Floats FirstFloatsAt(const float* p, size_t count) {
  return _mm256_maskload_ps(p, FirstLanes(static_cast<unsigned>(count)));
}
inline void PutFirst(float* p, size_t count, Floats v) {
  if (count == kLanes) return Put(p, v);  // a masked store may take many cycles
  _mm256_maskstore_ps(p, FirstLanes(static_cast<unsigned>(count)), v);
}

inline Floats HalvesAt(const uint16_t* p) { return LoadF16(p); }
inline Words WordsAt(const uint8_t* p) {
  return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
}
inline Words SignedWordsAt(const int8_t* p) {
  return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
}
inline Words WideWordsAt(const uint16_t* p) {
  return _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}

inline Words Splat(int x) { return _mm256_set1_epi32(x); }
inline Floats Splat(float x) { return _mm256_set1_ps(x); }
// The four bytes, or the float, at p, for every row.
inline Bytes SplatFourAt(const std::byte* p) {
  int four;
  __builtin_memcpy(&four, p, sizeof(four));
  return _mm256_set1_epi32(four);
}
inline Floats SplatFloatAt(const void* p) {
  return _mm256_broadcast_ss(reinterpret_cast<const float*>(p));
}

// Shifts of sixteen bits bring a neighbour's bits along, into places that the mask leaves out.
template <int kFrom, int kCount, int kTo>
inline Bytes MoveBits(Bytes bytes) {
  constexpr int kMask = ((1 << kCount) - 1) << kTo;
  if constexpr (kFrom > kTo) bytes = _mm256_srli_epi16(bytes, kFrom - kTo);
  if constexpr (kFrom < kTo) bytes = _mm256_slli_epi16(bytes, kTo - kFrom);
  return _mm256_and_si256(bytes, _mm256_set1_epi8(static_cast<char>(kMask)));
}

inline Bytes LookUp(const int8_t* table, Bytes bytes) {
  const __m128i entries = _mm_loadu_si128(reinterpret_cast<const __m128i*>(table));
  return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(entries), bytes);
}

// Of each row, the word of a table.
inline Bytes Gather(const uint32_t* table, Words index) {
  return _mm256_i32gather_epi32(reinterpret_cast<const int*>(table), index, 4);
}
// -byte where the other is 1, byte where it is 0.
inline Bytes NegatedWhere(Bytes bytes, Bytes ones) {
  const __m256i mask = _mm256_sub_epi8(_mm256_setzero_si256(), ones);
  return _mm256_sub_epi8(_mm256_xor_si256(bytes, mask), mask);
}
// The first digit to base three of fractions of 256, once they are multiplied by a power of three.
inline Bytes TernaryDigit(Bytes fractions, int power) {
  const __m256i low = _mm256_set1_epi16(255);
  const auto digits = [&](__m256i x) __attribute__((always_inline)) {
    x = _mm256_and_si256(_mm256_mullo_epi16(x, _mm256_set1_epi16(static_cast<short>(power))), low);
    return _mm256_srli_epi16(_mm256_mullo_epi16(x, _mm256_set1_epi16(3)), 8);
  };
  const __m256i even = digits(_mm256_and_si256(fractions, low));
  const __m256i odd = digits(_mm256_srli_epi16(fractions, 8));
  return _mm256_or_si256(even, _mm256_slli_epi16(odd, 8));
}
inline Words WordsOf(Bytes bytes) { return bytes; }
inline Bytes BytesOf(Words words) { return words; }

inline Words Sub(Words a, Words b) { return _mm256_sub_epi32(a, b); }
inline __m256i Or(__m256i a, __m256i b) { return _mm256_or_si256(a, b); }
inline __m256i Xor(__m256i a, __m256i b) { return _mm256_xor_si256(a, b); }
inline Words And(Words a, int b) { return _mm256_and_si256(a, Splat(b)); }
inline Words Add(Words a, int b) { return _mm256_add_epi32(a, Splat(b)); }
template <int kBits>
inline Words ShiftLeft(Words a) {
  return _mm256_slli_epi32(a, kBits);
}
template <int kBits>
inline Words ShiftRight(Words a) {
  return _mm256_srli_epi32(a, kBits);
}

inline Floats ToFloats(Words a) { return _mm256_cvtepi32_ps(a); }
inline Floats AsFloats(Words a) { return _mm256_castsi256_ps(a); }
inline Floats Add(Floats a, Floats b) { return _mm256_add_ps(a, b); }
inline Floats Mul(Floats a, Floats b) { return _mm256_mul_ps(a, b); }
inline Floats Fma(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
inline Floats Negated(Floats a) { return _mm256_xor_ps(a, Splat(-0.0f)); }
inline Floats ZeroWhere(Floats a, Words b, int value) {
  const __m256i equal = _mm256_cmpeq_epi32(b, Splat(value));
  return _mm256_andnot_ps(_mm256_castsi256_ps(equal), a);
}

// Sixteen bytes of each of eight rows, four of each row a line: the first of them, the next ...;
// 128 is added to each where kLift is.
template <bool kLift>
inline void TurnFours(const std::byte* const (&rows)[8], int8_t (&lines)[4][32]) {
  const __m256i tops = _mm256_set1_epi8(kLift ? -128 : 0);
  const auto row = [&](int i) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows[i]));
  };
  const auto pair = [&](int i) { return _mm256_set_m128i(row(i + 4), row(i)); };
  const __m256i a = pair(0), b = pair(1), c = pair(2), d = pair(3);
  const __m256i ab_low = _mm256_unpacklo_epi32(a, b), ab_high = _mm256_unpackhi_epi32(a, b);
  const __m256i cd_low = _mm256_unpacklo_epi32(c, d), cd_high = _mm256_unpackhi_epi32(c, d);
  Put(lines[0], Xor(_mm256_unpacklo_epi64(ab_low, cd_low), tops));
  Put(lines[1], Xor(_mm256_unpackhi_epi64(ab_low, cd_low), tops));
  Put(lines[2], Xor(_mm256_unpacklo_epi64(ab_high, cd_high), tops));
  Put(lines[3], Xor(_mm256_unpackhi_epi64(ab_high, cd_high), tops));
}

inline void Transpose(Floats (&rows)[8]) {
  Floats pairs[8];
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
  }
  Floats fours[8];  // [i] columns i % 4 and i % 4 + 4 of rows i / 4 * 4 to i / 4 * 4 + 3
  for (int i = 0; i < 8; i += 4) {
    fours[i] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0x44);
    fours[i + 1] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0xEE);
    fours[i + 2] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0x44);
    fours[i + 3] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0xEE);
  }
  for (int i = 0; i < 4; ++i) {
    rows[i] = _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x20);
    rows[i + 4] = _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x31);
  }
}

}  // namespace
}  // namespace ingle
