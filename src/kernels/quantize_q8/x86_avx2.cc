// f32 to Q8 activations, AVX2: the same bits as the scalar kernel. Eight groups at a time, so that
// what is one number a group (the largest magnitude, the multiplier, the sum) is one lane of a
// vector.
#include "kernels/quantize_q8/x86_avx2.h"

#include "kernels/q8_rows.h"
#include "kernels/x86_avx2_inline.h"

namespace ingle {
namespace {

constexpr size_t kGroups = 8;
constexpr size_t kBlockGroups = kQ8Block / kQ8Group;

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

// The sums of neighbouring lanes.
__m128 SumPairs(__m256 v) {
  return _mm_hadd_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
}

// The bits of the largest magnitude of each group, a group a lane.
__m256i LargestOfEach(const float* x) {
  __m256i bits[kGroups];
  for (size_t g = 0; g < kGroups; ++g) bits[g] = LargestBits(x + g * kQ8Group);
  return MaxOfEach(bits);
}

float LargestLane(__m256i bits) {
  __m128i four = _mm_max_epi32(_mm256_castsi256_si128(bits), _mm256_extracti128_si256(bits, 1));
  four = _mm_max_epi32(four, _mm_shuffle_epi32(four, 0x4E));
  four = _mm_max_epi32(four, _mm_shuffle_epi32(four, 0xB1));
  return _mm_cvtss_f32(_mm_castsi128_ps(four));
}

// Where a row's parts are, from a block on.
struct Block {
  std::byte* q;
  float* multipliers;
  int32_t* pairs;  // of int16
  float* sums;
  float* pair_sums;
  float* centres;
  float* unit;
};

// A unit, and how many of them make a magnitude of one.
struct Scale {
  float unit;
  float units_of;
};

// Eight groups from `first` on.
void QuantizeGroups(const float* block, size_t first, __m256i largest, const Scale& scale,
                    const Block& to) {
  const __m256 units =
      _mm256_ceil_ps(_mm256_mul_ps(_mm256_castsi256_ps(largest), _mm256_set1_ps(scale.units_of)));
  const __m256 multiplier =
      _mm256_min_ps(_mm256_max_ps(units, _mm256_set1_ps(1.0f)), _mm256_set1_ps(kQ8MostUnits));
  float inverses[kGroups];
  _mm256_storeu_ps(inverses, _mm256_div_ps(_mm256_set1_ps(127.0f * scale.units_of), multiplier));

  const float* x = block + first * kQ8Group;
  std::byte* q = to.q + first * kQ8Group;
  __m256i quads[kGroups / 2];
  for (size_t i = 0; i < kGroups / 2; ++i) {
    const float* pair = x + 2 * i * kQ8Group;
    const __m256i bytes =
        PackBytes(Round(pair, inverses[2 * i]), Round(pair + kQ8Group, inverses[2 * i + 1]));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(q + 2 * i * kQ8Group), bytes);
    quads[i] = SumQuads(bytes);
  }
  const __m256i whole = _mm256_cvttps_epi32(multiplier);
  const __m256 step = _mm256_mul_ps(_mm256_set1_ps(scale.unit), multiplier);
  _mm256_storeu_ps(to.multipliers + first, multiplier);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to.pairs + first),
                      _mm256_or_si256(whole, _mm256_slli_epi32(whole, 16)));
  const __m256 q_sums = _mm256_cvtepi32_ps(SumOfEach(quads));
  const __m256 sums = _mm256_mul_ps(step, q_sums);
  const __m256 eights = _mm256_mul_ps(_mm256_mul_ps(multiplier, _mm256_set1_ps(8.0f)), q_sums);
  _mm256_storeu_ps(to.sums + first, sums);
  _mm_storeu_ps(to.centres + first / 2, _mm_sub_ps(_mm_setzero_ps(), SumPairs(eights)));
  _mm_storeu_ps(to.pair_sums + first / 2, SumPairs(sums));
}

// Of what is not a number.
void ClearBlock(const Block& to) {
  *to.unit = __builtin_nanf("");
  __builtin_memset(to.q, 0, kQ8Block);
  for (size_t g = 0; g < kBlockGroups; ++g) {
    to.multipliers[g] = 1.0f;
    to.pairs[g] = 0x00010001;
    to.sums[g] = to.pair_sums[g / 2] = to.centres[g / 2] = *to.unit;
  }
}

void QuantizeBlock(const float* x, const Block& to) {
  const __m256i first = LargestOfEach(x);
  const __m256i second = LargestOfEach(x + kGroups * kQ8Group);
  const float largest = LargestLane(_mm256_max_epi32(first, second));
  if (!(largest <= __FLT_MAX__)) return ClearBlock(to);
  *to.unit = largest / (127.0f * kQ8MostUnits);
  const Scale scale{*to.unit, largest >= kQ8Least ? kQ8MostUnits / largest : 0.0f};
  QuantizeGroups(x, 0, first, scale, to);
  QuantizeGroups(x, kGroups, second, scale, to);
}

// A block that is not whole, among zeros in memory of its own.
void QuantizeRest(const float* from, size_t columns, const Block& to) {
  float x[kQ8Block] = {};
  std::byte q[kQ8Block];
  float multipliers[kBlockGroups];
  int32_t pairs[kBlockGroups];
  float sums[kBlockGroups];
  float pair_sums[kBlockGroups / 2];
  float centres[kBlockGroups / 2];
  __builtin_memcpy(x, from, columns * sizeof(float));
  QuantizeBlock(x, {q, multipliers, pairs, sums, pair_sums, centres, to.unit});
  const size_t words = columns / kQ8Group * sizeof(float);
  __builtin_memcpy(to.q, q, columns);
  __builtin_memcpy(to.multipliers, multipliers, words);
  __builtin_memcpy(to.pairs, pairs, words);
  __builtin_memcpy(to.sums, sums, words);
  __builtin_memcpy(to.pair_sums, pair_sums, words / 2);
  __builtin_memcpy(to.centres, centres, words / 2);
}

}  // namespace

void QuantizeQ8Avx2(const QuantizeQ8Task& task) {
  std::byte* row = task.output;
  Block to{row,
           reinterpret_cast<float*>(row + Q8MultiplierOffset(task.columns)),
           reinterpret_cast<int32_t*>(row + Q8PairOffset(task.columns)),
           reinterpret_cast<float*>(row + Q8SumOffset(task.columns)),
           reinterpret_cast<float*>(row + Q8PairSumOffset(task.columns)),
           reinterpret_cast<float*>(row + Q8CentreOffset(task.columns)),
           reinterpret_cast<float*>(row + Q8UnitOffset(task.columns))};
  size_t at = 0;
  for (; at + kQ8Block <= task.columns; at += kQ8Block) {
    QuantizeBlock(task.input + at, to);
    to = {to.q + kQ8Block,
          to.multipliers + kBlockGroups,
          to.pairs + kBlockGroups,
          to.sums + kBlockGroups,
          to.pair_sums + kBlockGroups / 2,
          to.centres + kBlockGroups / 2,
          to.unit + 1};
  }
  if (at < task.columns) QuantizeRest(task.input + at, task.columns - at, to);
}

}  // namespace ingle
