// f32 to Q8 activations, NEON: the same bits as the scalar kernel.
#include "kernels/quantize_q8/arm_neon.h"

#include <arm_neon.h>

#include "kernels/q8_rows.h"

namespace ingle {
namespace {

constexpr size_t kBlockGroups = kQ8Block / kQ8Group;

// Where a row's parts are, from a block on.
struct Block {
  int8_t* q;
  float* multipliers;
  int16_t* pairs;
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

uint32x4_t MagnitudeBits(const float* x) { return vreinterpretq_u32_f32(vabsq_f32(vld1q_f32(x))); }

// The bits of the largest magnitude. As integers they are in the order of the floats, with infinity
// and NaN above all numbers.
uint32_t LargestBits(const float* group) {
  const uint32x4_t low = vmaxq_u32(MagnitudeBits(group), MagnitudeBits(group + 4));
  const uint32x4_t high = vmaxq_u32(MagnitudeBits(group + 8), MagnitudeBits(group + 12));
  return vmaxvq_u32(vmaxq_u32(low, high));
}

float FloatOf(uint32_t bits) {
  float value;
  __builtin_memcpy(&value, &bits, sizeof(value));
  return value;
}

int16x8_t Round(const float* x, float inverse) {
  const int32x4_t low = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(x), inverse));
  const int32x4_t high = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(x + 4), inverse));
  return vqmovn_high_s32(vqmovn_s32(low), high);
}

void SetMultiplier(const Block& to, size_t group, float multiplier) {
  to.multipliers[group] = multiplier;
  to.pairs[2 * group] = to.pairs[2 * group + 1] = static_cast<int16_t>(multiplier);
}

void QuantizeGroup(const float* x, size_t group, float largest, const Scale& scale,
                   const Block& to) {
  const float units = __builtin_ceilf(largest * scale.units_of);
  const float at_least = units < 1.0f ? 1.0f : units;
  const float multiplier = at_least > kQ8MostUnits ? kQ8MostUnits : at_least;
  const float inverse = 127.0f * scale.units_of / multiplier;
  const int8x16_t q = vqmovn_high_s16(vqmovn_s16(Round(x, inverse)), Round(x + 8, inverse));
  vst1q_s8(to.q + group * kQ8Group, q);
  SetMultiplier(to, group, multiplier);
  const auto sum = static_cast<float>(vaddlvq_s8(q));
  to.sums[group] = scale.unit * multiplier * sum;
  to.centres[group / 2] = (group % 2 == 0 ? 0 : to.centres[group / 2]) - 8 * multiplier * sum;
}

// Of what is not a number.
void ClearBlock(size_t columns, const Block& to) {
  *to.unit = __builtin_nanf("");
  __builtin_memset(to.q, 0, columns);
  for (size_t g = 0; g < columns / kQ8Group; ++g) {
    SetMultiplier(to, g, 1.0f);
    to.sums[g] = to.pair_sums[g / 2] = to.centres[g / 2] = *to.unit;
  }
}

void QuantizeBlock(const float* x, size_t columns, const Block& to) {
  const size_t groups = columns / kQ8Group;
  uint32_t bits[kBlockGroups];
  uint32_t largest_bits = 0;
  for (size_t g = 0; g < groups; ++g) {
    bits[g] = LargestBits(x + g * kQ8Group);
    largest_bits = bits[g] > largest_bits ? bits[g] : largest_bits;
  }
  const float largest = FloatOf(largest_bits);
  if (!(largest <= __FLT_MAX__)) return ClearBlock(columns, to);
  *to.unit = largest / (127.0f * kQ8MostUnits);
  const Scale scale{*to.unit, largest >= kQ8Least ? kQ8MostUnits / largest : 0.0f};
  for (size_t g = 0; g < groups; ++g) {
    QuantizeGroup(x + g * kQ8Group, g, FloatOf(bits[g]), scale, to);
  }
  for (size_t g = 0; g < groups; g += 2) to.pair_sums[g / 2] = to.sums[g] + to.sums[g + 1];
}

}  // namespace

void QuantizeQ8Neon(const QuantizeQ8Task& task) {
  std::byte* row = task.output;
  Block to{reinterpret_cast<int8_t*>(row),
           reinterpret_cast<float*>(row + Q8MultiplierOffset(task.columns)),
           reinterpret_cast<int16_t*>(row + Q8PairOffset(task.columns)),
           reinterpret_cast<float*>(row + Q8SumOffset(task.columns)),
           reinterpret_cast<float*>(row + Q8PairSumOffset(task.columns)),
           reinterpret_cast<float*>(row + Q8CentreOffset(task.columns)),
           reinterpret_cast<float*>(row + Q8UnitOffset(task.columns))};
  for (size_t at = 0; at < task.columns; at += kQ8Block) {
    const size_t left = task.columns - at;
    const size_t whole = kQ8Block;
    QuantizeBlock(task.input + at, left < whole ? left : whole, to);
    to = {to.q + kQ8Block,
          to.multipliers + kBlockGroups,
          to.pairs + 2 * kBlockGroups,
          to.sums + kBlockGroups,
          to.pair_sums + kBlockGroups / 2,
          to.centres + kBlockGroups / 2,
          to.unit + 1};
  }
}

}  // namespace ingle
