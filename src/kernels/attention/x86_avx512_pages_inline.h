// Sixteen numbers of a page of the cache, whatever its type: see cache_page.h.
#pragma once

#include "kernels/attention/cache_page.h"
#include "kernels/x86_avx512_sixteen_inline.h"

namespace ingle {
namespace {

template <class Element>
inline const Element* ElementsAt(const std::byte* head, size_t first) {
  return reinterpret_cast<const Element*>(head) + first;
}

inline const uint16_t* ScalesOf(CacheType type, const std::byte* head, size_t size) {
  return ElementsAt<uint16_t>(head + CacheScaleOffset(type, size), 0);
}

inline Words WordsAt(const std::byte* p) { return _mm512_loadu_si512(p); }
inline __m128i SixteenBytesAt(const std::byte* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}
inline Floats HalvesAt(const uint16_t* p, size_t count) {
  return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(FirstOnly(count), p));
}

// One element of the keys at sixteen positions. kElement: the element modulo 8.
template <CacheType type, int kElement>
inline Floats KeysAt(const std::byte* head, size_t size, size_t element, size_t position) {
  if constexpr (type == CacheType::kF32) {
    return FloatsAt(ElementsAt<float>(head, element * kPageTokens + position));
  } else if constexpr (type == CacheType::kF16) {
    return HalvesAt(ElementsAt<uint16_t>(head, element * kPageTokens + position));
  } else {
    const size_t block = element / kCacheBlock;
    const Floats scales = HalvesAt(ScalesOf(type, head, size) + block * kPageTokens + position);
    Words codes;
    if constexpr (type == CacheType::kQ8_0) {
      const Words four = WordsAt(head + (element / 4 * kPageTokens + position) * 4);
      codes = ShiftRightSigned<24>(ShiftLeft<24 - 8 * (kElement % 4)>(four));
    } else {
      const Words eight = WordsAt(head + (element / 8 * kPageTokens + position) * 4);
      constexpr int kPlace = 8 * (kElement % 4) + (kElement >= 4 ? 4 : 0);
      codes = Sub(And(ShiftRight<kPlace>(eight), 15), SplatWord(8));
    }
    return Mul(ToFloats(codes), scales);
  }
}

// Sixteen columns of a position's values, of which the first count are there.
// REQUIRES: column is a multiple of 16; of quantized types all sixteen are there.
template <CacheType type>
inline Floats ValuesAt(const std::byte* head, size_t size, size_t position, size_t column,
                       size_t count) {
  const size_t first = position * size + column;
  if constexpr (type == CacheType::kF32) {
    return FirstFloatsAt(ElementsAt<float>(head, first), count);
  } else if constexpr (type == CacheType::kF16) {
    return HalvesAt(ElementsAt<uint16_t>(head, first), count);
  } else {
    const size_t block = column / kCacheBlock;
    const uint16_t* scale = ScalesOf(type, head, size) + block * kPageTokens + position;
    Words codes;
    if constexpr (type == CacheType::kQ8_0) {
      codes = _mm512_cvtepi8_epi32(SixteenBytesAt(head + first));
    } else {
      const std::byte* bytes = head + (position * size + block * kCacheBlock) / 2;
      codes = _mm512_cvtepu8_epi32(SixteenBytesAt(bytes));
      if (column % kCacheBlock != 0) codes = ShiftRight<4>(codes);
      codes = Sub(And(codes, 15), SplatWord(8));
    }
    return Mul(ToFloats(codes), Splat(HalfToFloat(*scale)));
  }
}

}  // namespace
}  // namespace ingle
