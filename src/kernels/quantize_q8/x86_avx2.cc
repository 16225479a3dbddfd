// f32 to Q8 activations, AVX2: the same bits as the scalar kernel. Both multiply by 127 / largest
// and round to nearest even.
#include "kernels/quantize_q8/x86_avx2.h"

#include "kernels/q8_rows.h"
#include "kernels/x86_avx2_inline.h"

namespace ingle {
namespace {

// The sum of sixteen int16 values.
int SumWords(__m256i words) {
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

void QuantizeGroup(const float* x, std::byte* q, float* scale, float* sum) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  const __m256 v[2] = {_mm256_loadu_ps(x), _mm256_loadu_ps(x + 8)};
  const __m256 magnitudes[2] = {_mm256_andnot_ps(sign, v[0]), _mm256_andnot_ps(sign, v[1])};
  const __m256 limit = _mm256_set1_ps(__FLT_MAX__);
  const __m256 finite = _mm256_and_ps(_mm256_cmp_ps(magnitudes[0], limit, _CMP_LE_OQ),
                                      _mm256_cmp_ps(magnitudes[1], limit, _CMP_LE_OQ));
  if (_mm256_movemask_ps(finite) != 0xFF) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(q), _mm_setzero_si128());
    *scale = *sum = __builtin_nanf("");
    return;
  }
  const float largest = MaxLanes(_mm256_max_ps(magnitudes[0], magnitudes[1]));
  *scale = largest / 127.0f;
  const __m256 inverse = _mm256_set1_ps(largest > 0 ? 127.0f / largest : 0.0f);

  // The pack works on 128-bit lanes: put its four quarters back in order.
  const __m256i words = _mm256_permute4x64_epi64(
      _mm256_packs_epi32(Round(v[0], inverse), Round(v[1], inverse)), _MM_SHUFFLE(3, 1, 2, 0));
  const __m128i bytes =
      _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(q), bytes);
  *sum = *scale * static_cast<float>(SumWords(words));
}

}  // namespace

void QuantizeQ8Avx2(const QuantizeQ8Task& task) {
  auto* scales = reinterpret_cast<float*>(task.output + Q8ScaleOffset(task.columns));
  auto* sums = reinterpret_cast<float*>(task.output + Q8SumOffset(task.columns));
  for (size_t g = task.group_begin; g < task.group_end; ++g) {
    QuantizeGroup(task.input + g * kQ8Group, task.output + g * kQ8Group, scales + g, sums + g);
  }
}

}  // namespace ingle
