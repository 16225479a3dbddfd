// Codes of Q4_0 of the cache as bytes, AVX2. See codes_inline.h.
#pragma once

#include <immintrin.h>

#include <cstddef>

#include "kernels/attention/cache_page.h"

namespace ingle {
namespace {

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

}  // namespace
}  // namespace ingle
