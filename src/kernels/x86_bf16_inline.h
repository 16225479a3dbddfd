// Floats to BF16, by AVX-512: their upper sixteen bits, rounded.
#pragma once

#include <immintrin.h>

namespace ingle {
namespace {

// To the nearest, of two equally near to the larger magnitude; the lower sixteen bits are left
// over. REQUIRES: what is not a number is OneNaN's, as rounding turns others into zeros.
inline __m512i RoundedToBf16(__m512 v) {
  return _mm512_add_epi32(_mm512_castps_si512(v), _mm512_set1_epi32(0x8000));
}

// What is not a number, as one that stays so.
inline __m512 OneNaN(__m512 v) {
  const __mmask16 is_none = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
  return _mm512_mask_mov_ps(v, is_none, _mm512_set1_ps(__builtin_nanf("")));
}

// Of sixteen floats, what is not a number as OneNaN's.
inline __m256i ToBf16(__m512 v) {
  return _mm512_cvtepi32_epi16(_mm512_srli_epi32(RoundedToBf16(OneNaN(v)), 16));
}

}  // namespace
}  // namespace ingle
