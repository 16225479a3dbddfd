// Pages of the cache as the products take them, AVX2.
#pragma once

#include "kernels/attention/cache_page.h"
#include "kernels/x86_avx2_inline.h"

namespace ingle {
namespace {

// How the products read eight elements. Codes are read without their scales.
struct Floats {
  using Element = float;
  static inline __m256 Load(const float* from) { return _mm256_loadu_ps(from); }
};
struct Halves {
  using Element = uint16_t;
  static inline __m256 Load(const uint16_t* from) { return LoadF16(from); }
};
struct Bytes {
  using Element = int8_t;
  static inline __m256 Load(const int8_t* from) {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes));
  }
};

template <class Source>
inline const typename Source::Element* ElementsOf(const std::byte* head) {
  return reinterpret_cast<const typename Source::Element*>(head);
}

// The processor fetches ahead, but not from one page to the next.
inline void Prefetch(const std::byte* memory, size_t bytes) {
  for (size_t i = 0; i < bytes; i += 64) {
    _mm_prefetch(reinterpret_cast<const char*>(memory + i), _MM_HINT_T0);
  }
}

// Elements as floats.
template <class Source>
inline const float* Decode(const std::byte* head, size_t count, float* to) {
  const typename Source::Element* from = ElementsOf<Source>(head);
  for (size_t i = 0; i < count; i += 8) _mm256_storeu_ps(to + i, Source::Load(from + i));
  return to;
}

// Codes of Q4_0, -8 to 7, as bytes. count: a multiple of 32.
inline const std::byte* UnpackNibbles(const std::byte* head, size_t count, int8_t* to) {
  for (size_t i = 0; i < count; i += kCacheBlock) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(head + i / 2));
    const __m256i both = _mm256_set_m128i(_mm_srli_epi16(bytes, 4), bytes);
    const __m256i codes =
        _mm256_sub_epi8(_mm256_and_si256(both, _mm256_set1_epi8(0x0F)), _mm256_set1_epi8(8));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i), codes);
  }
  return reinterpret_cast<const std::byte*>(to);
}

// Values whose rows are not whole vectors, with zeros behind each.
inline const float* PadValues(CacheType type, const std::byte* head, size_t size, size_t stride,
                              float* to) {
  for (size_t p = 0; p < kPageTokens; ++p) {
    float* row = to + p * stride;
    for (size_t i = 0; i < stride; ++i) row[i] = 0;
    for (size_t i = 0; i < size; ++i) {
      if (type == CacheType::kF32) row[i] = ElementsOf<Floats>(head)[p * size + i];
      if (type == CacheType::kF16) row[i] = HalfToFloat(ElementsOf<Halves>(head)[p * size + i]);
    }
  }
  return to;
}

}  // namespace
}  // namespace ingle
