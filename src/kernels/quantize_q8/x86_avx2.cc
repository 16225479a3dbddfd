// f32 to Q8 activations, AVX2: the same bits as the scalar kernel. Both multiply by 127 / largest
// and round to nearest even.
#include "kernels/quantize_q8/x86_avx2.h"

#include "kernels/q8_rows.h"
#include "kernels/x86_avx2_inline.h"

namespace ingle {
namespace {

// The sum of sixteen int8 values.
int SumBytes(__m128i bytes) {
  const __m256i words = _mm256_cvtepi8_epi16(bytes);
  const __m256i quads = _mm256_madd_epi16(words, _mm256_set1_epi16(1));
  const __m128i half =
      _mm_add_epi32(_mm256_castsi256_si128(quads), _mm256_extracti128_si256(quads, 1));
  const __m128i pair = _mm_add_epi32(half, _mm_unpackhi_epi64(half, half));
  return _mm_cvtsi128_si32(_mm_add_epi32(pair, _mm_shuffle_epi32(pair, 1)));
}

__m256i Round(__m256 x, __m256 inverse) {
  const __m256 limit = _mm256_set1_ps(127.0f);
  const __m256 scaled = _mm256_mul_ps(x, inverse);
  const __m256 bounded =
      _mm256_min_ps(_mm256_max_ps(scaled, _mm256_sub_ps(_mm256_setzero_ps(), limit)), limit);
  return _mm256_cvtps_epi32(bounded);
}

void QuantizeGroup(const float* x, std::byte* q, float* scale, float* sums) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  __m256 v[4];
  __m256 largest_lanes = _mm256_setzero_ps();
  __m256 all_finite = _mm256_castsi256_ps(_mm256_set1_epi32(-1));
  for (int i = 0; i < 4; ++i) {
    v[i] = _mm256_loadu_ps(x + 8 * i);
    const __m256 magnitude = _mm256_andnot_ps(sign, v[i]);
    largest_lanes = _mm256_max_ps(largest_lanes, magnitude);
    all_finite = _mm256_and_ps(all_finite,
                               _mm256_cmp_ps(magnitude, _mm256_set1_ps(__FLT_MAX__), _CMP_LE_OQ));
  }
  if (_mm256_movemask_ps(all_finite) != 0xFF) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(q), _mm256_setzero_si256());
    *scale = sums[0] = sums[1] = __builtin_nanf("");
    return;
  }
  const float largest = MaxLanes(largest_lanes);
  *scale = largest / 127.0f;
  const __m256 inverse = _mm256_set1_ps(largest > 0 ? 127.0f / largest : 0.0f);

  const __m256i low = _mm256_packs_epi32(Round(v[0], inverse), Round(v[1], inverse));
  const __m256i high = _mm256_packs_epi32(Round(v[2], inverse), Round(v[3], inverse));
  // The packs work on 128-bit lanes: put the eight groups of four back in order.
  const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high),
                                                    _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(q), bytes);
  sums[0] = *scale * static_cast<float>(SumBytes(_mm256_castsi256_si128(bytes)));
  sums[1] = *scale * static_cast<float>(SumBytes(_mm256_extracti128_si256(bytes, 1)));
}

}  // namespace

void QuantizeQ8Avx2(const QuantizeQ8Task& task) {
  auto* scales = reinterpret_cast<float*>(task.output + Q8ScaleOffset(task.columns));
  auto* sums = reinterpret_cast<float*>(task.output + Q8SumOffset(task.columns));
  for (size_t g = task.group_begin; g < task.group_end; ++g) {
    QuantizeGroup(task.input + g * kQ8Group, task.output + g * kQ8Group, scales + g, sums + 2 * g);
  }
}

}  // namespace ingle
