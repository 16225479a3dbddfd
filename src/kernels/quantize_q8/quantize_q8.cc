#include "kernels/quantize_q8/quantize_q8.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/q8_rows.h"
#include "kernels/quantize_q8/arm_neon.h"
#include "kernels/quantize_q8/x86_avx2.h"

namespace ingle {
namespace {

// The largest magnitude; infinity if there is anything that is not finite.
float LargestOf(const float* x, size_t count) {
  float largest = 0;
  for (size_t i = 0; i < count; ++i) {
    const float magnitude = std::fabs(x[i]);
    if (!std::isfinite(magnitude)) return std::numeric_limits<float>::infinity();
    largest = std::max(largest, magnitude);
  }
  return largest;
}

// Rounds a group to whole numbers, and returns what they sum to.
float RoundGroup(const float* x, float inverse, int8_t* q) {
  int32_t sum = 0;
  for (int i = 0; i < kQ8Group; ++i) {
    q[i] = static_cast<int8_t>(std::nearbyintf(x[i] * inverse));
    sum += q[i];
  }
  return static_cast<float>(sum);
}

// Where a row's parts are, from a block on.
struct Block {
  Block(std::byte* row, size_t columns, size_t at)
      : q(reinterpret_cast<int8_t*>(row) + at),
        multipliers(Floats(row + Q8MultiplierOffset(columns)) + at / kQ8Group),
        pairs(reinterpret_cast<int16_t*>(row + Q8PairOffset(columns)) + 2 * at / kQ8Group),
        sums(Floats(row + Q8SumOffset(columns)) + at / kQ8Group),
        pair_sums(Floats(row + Q8PairSumOffset(columns)) + at / kQ8Group / 2),
        centres(Floats(row + Q8CentreOffset(columns)) + at / kQ8Group / 2),
        unit(Floats(row + Q8UnitOffset(columns))[at / kQ8Block]) {}

  void SetMultiplier(size_t group, float multiplier) const {
    multipliers[group] = multiplier;
    pairs[2 * group] = pairs[2 * group + 1] = static_cast<int16_t>(multiplier);
  }

  int8_t* q;
  float* multipliers;
  int16_t* pairs;
  float* sums;
  float* pair_sums;
  float* centres;
  float& unit;

 private:
  static float* Floats(std::byte* at) { return reinterpret_cast<float*>(at); }
};

void QuantizeBlock(const float* x, size_t columns, const Block& to) {
  const size_t groups = columns / kQ8Group;
  const float largest = LargestOf(x, columns);
  if (std::isinf(largest)) {
    to.unit = std::numeric_limits<float>::quiet_NaN();
    std::fill_n(to.q, columns, int8_t{0});
    std::fill_n(to.sums, groups, to.unit);
    std::fill_n(to.pair_sums, groups / 2, to.unit);
    std::fill_n(to.centres, groups / 2, to.unit);
    for (size_t g = 0; g < groups; ++g) to.SetMultiplier(g, 1);
    return;
  }
  to.unit = largest / (127.0f * kQ8MostUnits);
  const float units_of = largest >= kQ8Least ? kQ8MostUnits / largest : 0.0f;
  std::fill_n(to.centres, groups / 2, 0.0f);
  for (size_t g = 0; g < groups; ++g) {
    const float* group = x + g * kQ8Group;
    const float units = std::ceil(LargestOf(group, kQ8Group) * units_of);
    const float multiplier = std::clamp(units, 1.0f, kQ8MostUnits);
    const float sum = RoundGroup(group, 127.0f * units_of / multiplier, to.q + g * kQ8Group);
    to.SetMultiplier(g, multiplier);
    to.sums[g] = to.unit * multiplier * sum;
    to.centres[g / 2] -= 8 * multiplier * sum;
  }
  for (size_t g = 0; g < groups; g += 2) to.pair_sums[g / 2] = to.sums[g] + to.sums[g + 1];
}

void QuantizeQ8Scalar(const QuantizeQ8Task& task) {
  for (size_t at = 0; at < task.columns; at += kQ8Block) {
    QuantizeBlock(task.input + at, std::min<size_t>(kQ8Block, task.columns - at),
                  Block(task.output, task.columns, at));
  }
}

constexpr QuantizeQ8Kernel kKernels[] = {
#if defined(__x86_64__)
    {"avx2", kCpuAvx2, QuantizeQ8Avx2},
#elif defined(__aarch64__)
    {"neon", kCpuNeon, QuantizeQ8Neon},
#endif
    {"scalar", 0, QuantizeQ8Scalar},
};

}  // namespace

std::span<const QuantizeQ8Kernel> QuantizeQ8Kernels() { return kKernels; }

}  // namespace ingle
