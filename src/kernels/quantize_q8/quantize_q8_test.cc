#include "kernels/quantize_q8/quantize_q8.h"

#include <cmath>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include "kernels/kernel_testing.h"
#include "kernels/q8_rows.h"

namespace ingle {
namespace {

std::vector<std::byte> Quantize(const QuantizeQ8Kernel& kernel, const std::vector<float>& x) {
  std::vector<std::byte> row(Q8RowBytes(x.size()));
  kernel.run({x.data(), row.data(), x.size()});
  return row;
}

std::vector<float> Floats(const std::vector<std::byte>& row, size_t offset, size_t count) {
  std::vector<float> values(count);
  std::memcpy(values.data(), row.data() + offset, count * sizeof(float));
  return values;
}

// Blocks of very different sizes, groups too, the last block short.
std::vector<float> UnequalFloats() {
  std::vector<float> x = RandomFloats(2 * kQ8Block + 96, 1);
  for (size_t i = 0; i < x.size(); ++i) {
    x[i] *= std::pow(10.0f, static_cast<float>(i / kQ8Block)) * static_cast<float>(1 + i / 16 % 7);
  }
  return x;
}

TEST(QuantizeQ8, StaysWithinHalfAStep) {
  const std::vector<float> x = UnequalFloats();
  const auto row = Quantize(QuantizeQ8Kernels().back(), x);
  const auto multipliers = Floats(row, Q8MultiplierOffset(x.size()), x.size() / kQ8Group);
  const auto sums = Floats(row, Q8SumOffset(x.size()), x.size() / kQ8Group);
  const auto pair_sums = Floats(row, Q8PairSumOffset(x.size()), x.size() / kQ8Group / 2);
  const auto centres = Floats(row, Q8CentreOffset(x.size()), x.size() / kQ8Group / 2);
  const auto units = Floats(row, Q8UnitOffset(x.size()), 3);
  float centre = 0;
  for (size_t g = 0; g < x.size() / kQ8Group; ++g) {
    const float step = units[g * kQ8Group / kQ8Block] * multipliers[g];
    int sum = 0;
    for (size_t i = g * kQ8Group; i < (g + 1) * kQ8Group; ++i) {
      EXPECT_NEAR(step * static_cast<float>(static_cast<int8_t>(row[i])), x[i], step * 0.5001f);
      sum += static_cast<int8_t>(row[i]);
    }
    EXPECT_EQ(sums[g], step * static_cast<float>(sum));
    centre -= 8 * multipliers[g] * static_cast<float>(sum);
    if (g % 2 == 1) {
      EXPECT_EQ(pair_sums[g / 2], sums[g - 1] + sums[g]);
      EXPECT_EQ(centres[g / 2], centre);
      centre = 0;
    }
  }
}

// A step is the smallest that reaches the group's largest magnitude, in whole units.
TEST(QuantizeQ8, MultipliersAreTheLeastThatReach) {
  const std::vector<float> x = UnequalFloats();
  const auto row = Quantize(QuantizeQ8Kernels().back(), x);
  const auto multipliers = Floats(row, Q8MultiplierOffset(x.size()), x.size() / kQ8Group);
  const auto units = Floats(row, Q8UnitOffset(x.size()), 3);
  for (size_t g = 0; g < multipliers.size(); ++g) {
    float largest = 0;
    for (size_t i = 0; i < kQ8Group; ++i) {
      largest = std::max(largest, std::fabs(x[g * kQ8Group + i]));
    }
    const float needed = largest / 127.0f / units[g * kQ8Group / kQ8Block];
    EXPECT_EQ(multipliers[g], std::round(multipliers[g]));
    EXPECT_GE(multipliers[g], needed * 0.99999f);
    EXPECT_LT(multipliers[g], needed * 1.00001f + 1.0f);
    EXPECT_LE(multipliers[g], 64.0f);
  }
}

TEST(QuantizeQ8, AllKernelsGiveTheSameBits) {
  // Blocks with denormals, with ties, of zeros, of denormals alone, at the least that counts, with
  // a huge value; and one that is not whole.
  std::vector<float> x = RandomFloats(kQ8Block * 7 + 32, 2);
  const auto block = [&](size_t i) { return x.data() + i * kQ8Block; };
  x[5] = 1e-45f;
  x[20] = -0.0f;
  for (size_t i = 0; i < kQ8Block; ++i) {
    block(1)[i] = static_cast<float>(i) - 127.5f;
    block(2)[i] = 0;
    block(3)[i] = 1e-44f;
    block(4)[i] = 1e-34f / static_cast<float>(i % 16 + 1);
  }
  block(5)[30] = std::numeric_limits<float>::max();
  const auto want = Quantize(QuantizeQ8Kernels().back(), x);
  for (const QuantizeQ8Kernel& kernel : QuantizeQ8Kernels()) {
    if ((kernel.needs & ~UsableCpuFeatures()) != 0) continue;
    EXPECT_EQ(Quantize(kernel, x), want) << kernel.name;
  }
}

TEST(QuantizeQ8, WhatIsNotANumberShowsInUnitAndSums) {
  for (const QuantizeQ8Kernel& kernel : QuantizeQ8Kernels()) {
    if ((kernel.needs & ~UsableCpuFeatures()) != 0) continue;
    for (const float bad : {NAN, INFINITY, -INFINITY}) {
      std::vector<float> x(2 * kQ8Block + 64, 1.0f);
      for (const size_t at : {size_t{kQ8Block} + 33, 2 * size_t{kQ8Block} + 3}) {
        x[at] = bad;
        const auto row = Quantize(kernel, x);
        const auto units = Floats(row, Q8UnitOffset(x.size()), 3);
        const auto sums = Floats(row, Q8SumOffset(x.size()), x.size() / kQ8Group);
        const auto pair_sums = Floats(row, Q8PairSumOffset(x.size()), x.size() / kQ8Group / 2);
        const auto centres = Floats(row, Q8CentreOffset(x.size()), x.size() / kQ8Group / 2);
        EXPECT_EQ(units[0], 1.0f / (127.0f * kQ8MostUnits));
        EXPECT_TRUE(std::isfinite(sums[0]));
        EXPECT_TRUE(std::isnan(units[at / kQ8Block]));
        EXPECT_TRUE(std::isnan(sums[at / kQ8Group]));
        EXPECT_TRUE(std::isfinite(pair_sums[0]));
        EXPECT_TRUE(std::isnan(pair_sums[at / kQ8Group / 2]));
        EXPECT_TRUE(std::isnan(centres[at / kQ8Group / 2]));
        x[at] = 1.0f;
      }
    }
  }
}

}  // namespace
}  // namespace ingle
