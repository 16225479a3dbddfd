// f32 to Q8 activations, AVX2: the same bits as the scalar kernel. Eight groups at a time, so that
// what is one number a group (the largest magnitude, the scale, the sum) is one lane of a vector.
#include "kernels/quantize_q8/x86_avx2.h"

#include "kernels/q8_rows.h"
#include "kernels/x86_avx2_inline.h"

namespace ingle {
namespace {

constexpr size_t kGroups = 8;

// The bits of the largest magnitude of each lane of a group's two halves. As integers they are in
// the order of the floats, with infinity and NaN above all numbers.
__m256i LargestBits(const float* x) {
  const __m256i magnitude = _mm256_set1_epi32(0x7FFFFFFF);
  const auto load = [&](const float* from) {
    return _mm256_and_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)), magnitude);
  };
  return _mm256_max_epi32(load(x), load(x + 8));
}

// Lane i is the largest lane of v[i].
__m256i MaxOfEach(const __m256i (&v)[kGroups]) {
  const auto pair = [](__m256i a, __m256i b) {
    return _mm256_max_epi32(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
  };
  const auto four = [](__m256i a, __m256i b) {
    return _mm256_max_epi32(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
  };
  const __m256i low = four(pair(v[0], v[1]), pair(v[2], v[3]));
  const __m256i high = four(pair(v[4], v[5]), pair(v[6], v[7]));
  return _mm256_max_epi32(_mm256_permute2x128_si256(low, high, 0x20),
                          _mm256_permute2x128_si256(low, high, 0x31));
}

// Sixteen values of a group as int16, in the order 0-3, 8-11, 4-7, 12-15.
__m256i Round(const float* x, float inverse) {
  const __m256 factor = _mm256_set1_ps(inverse);
  return _mm256_packs_epi32(_mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x), factor)),
                            _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + 8), factor)));
}

// The bytes of two groups, in order.
__m256i PackBytes(__m256i first, __m256i second) {
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  return _mm256_permutevar8x32_epi32(_mm256_packs_epi16(first, second), order);
}

// The sums of four neighbouring bytes: four of the first group, then four of the second.
__m256i SumQuads(__m256i bytes) {
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), bytes);
  return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}

// Lane i is the sum of group i; each of quads has two groups.
__m256i SumOfEach(const __m256i (&quads)[kGroups / 2]) {
  const __m256i sums = _mm256_hadd_epi32(_mm256_hadd_epi32(quads[0], quads[1]),
                                         _mm256_hadd_epi32(quads[2], quads[3]));
  return _mm256_permutevar8x32_epi32(sums, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

// Zeros for the groups whose lanes are set.
void ClearGroups(std::byte* q, __m256 broken) {
  const auto mask = static_cast<unsigned>(_mm256_movemask_ps(broken));
  for (size_t g = 0; mask >> g != 0; ++g) {
    if ((mask >> g & 1) != 0) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(q + g * kQ8Group), _mm_setzero_si128());
    }
  }
}

void QuantizeGroups(const float* x, std::byte* q, float* scales, float* sums) {
  __m256i largest_bits[kGroups];
  for (size_t g = 0; g < kGroups; ++g) largest_bits[g] = LargestBits(x + g * kQ8Group);
  const __m256i bits = MaxOfEach(largest_bits);
  const __m256 broken =
      _mm256_castsi256_ps(_mm256_cmpgt_epi32(bits, _mm256_set1_epi32(0x7F7FFFFF)));
  const __m256 largest = _mm256_andnot_ps(broken, _mm256_castsi256_ps(bits));

  const __m256 limit = _mm256_set1_ps(127.0f);
  const __m256 scale = _mm256_div_ps(largest, limit);
  const __m256 present = _mm256_cmp_ps(largest, _mm256_set1_ps(kQ8Least), _CMP_GE_OQ);
  float inverses[kGroups];
  _mm256_storeu_ps(inverses, _mm256_and_ps(_mm256_div_ps(limit, largest), present));

  __m256i quads[kGroups / 2];
  for (size_t i = 0; i < kGroups / 2; ++i) {
    const float* pair = x + 2 * i * kQ8Group;
    const __m256i bytes =
        PackBytes(Round(pair, inverses[2 * i]), Round(pair + kQ8Group, inverses[2 * i + 1]));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(q + 2 * i * kQ8Group), bytes);
    quads[i] = SumQuads(bytes);
  }
  ClearGroups(q, broken);
  const __m256 sum = _mm256_mul_ps(scale, _mm256_cvtepi32_ps(SumOfEach(quads)));
  const __m256 nan = _mm256_set1_ps(__builtin_nanf(""));
  _mm256_storeu_ps(scales, _mm256_blendv_ps(scale, nan, broken));
  _mm256_storeu_ps(sums, _mm256_blendv_ps(sum, nan, broken));
}

}  // namespace

void QuantizeQ8Avx2(const QuantizeQ8Task& task) {
  auto* scales = reinterpret_cast<float*>(task.output + Q8ScaleOffset(task.columns));
  auto* sums = reinterpret_cast<float*>(task.output + Q8SumOffset(task.columns));
  size_t g = task.group_begin;
  for (; g + kGroups <= task.group_end; g += kGroups) {
    QuantizeGroups(task.input + g * kQ8Group, task.output + g * kQ8Group, scales + g, sums + g);
  }
  const size_t rest = task.group_end - g;
  if (rest == 0) return;
  // The last ones among zeros, in memory of their own.
  float x[kGroups * kQ8Group] = {};
  std::byte q[kGroups * kQ8Group];
  float rest_scales[kGroups];
  float rest_sums[kGroups];
  __builtin_memcpy(x, task.input + g * kQ8Group, rest * kQ8Group * sizeof(float));
  QuantizeGroups(x, q, rest_scales, rest_sums);
  __builtin_memcpy(task.output + g * kQ8Group, q, rest * kQ8Group);
  __builtin_memcpy(scales + g, rest_scales, rest * sizeof(float));
  __builtin_memcpy(sums + g, rest_sums, rest * sizeof(float));
}

}  // namespace ingle
