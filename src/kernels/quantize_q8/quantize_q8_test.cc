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
  kernel.run({x.data(), row.data(), x.size(), 0, x.size() / kQ8Group});
  return row;
}

std::vector<float> Floats(const std::vector<std::byte>& row, size_t offset, size_t count) {
  std::vector<float> values(count);
  std::memcpy(values.data(), row.data() + offset, count * sizeof(float));
  return values;
}

TEST(QuantizeQ8, StaysWithinHalfAStep) {
  const std::vector<float> x = RandomFloats(256, 1);
  const auto row = Quantize(QuantizeQ8Kernels().back(), x);
  const auto scales = Floats(row, Q8ScaleOffset(256), 16);
  const auto sums = Floats(row, Q8SumOffset(256), 16);
  for (size_t i = 0; i < 256; ++i) {
    const float decoded = scales[i / 16] * static_cast<float>(static_cast<int8_t>(row[i]));
    EXPECT_NEAR(decoded, x[i], scales[i / 16] * 0.5001f);
  }
  for (size_t g = 0; g < 16; ++g) {
    int sum = 0;
    for (size_t i = 0; i < 16; ++i) sum += static_cast<int8_t>(row[16 * g + i]);
    EXPECT_EQ(sums[g], scales[g] * static_cast<float>(sum));
  }
}

TEST(QuantizeQ8, AllKernelsGiveTheSameBits) {
  std::vector<float> x = RandomFloats(32 * 64, 2);
  x[5] = 1e-45f;  // denormals, ties, zeros and a huge value
  for (size_t i = 32; i < 64; ++i) x[i] = static_cast<float>(i) - 47.5f;
  for (size_t i = 64; i < 96; ++i) x[i] = 0;
  for (size_t i = 96; i < 128; ++i) x[i] = 1e-44f;
  for (size_t i = 160; i < 192; ++i) x[i] = 2e-36f / static_cast<float>(i % 16 + 1);
  x[200] = -0.0f;
  x[130] = std::numeric_limits<float>::max();
  const auto want = Quantize(QuantizeQ8Kernels().back(), x);
  for (const QuantizeQ8Kernel& kernel : QuantizeQ8Kernels()) {
    if ((kernel.needs & ~UsableCpuFeatures()) != 0) continue;
    EXPECT_EQ(Quantize(kernel, x), want) << kernel.name;
  }
}

// Cut anywhere between groups.
TEST(QuantizeQ8, AGroupDoesNotDependOnItsNeighbours) {
  const std::vector<float> x = RandomFloats(32 * 11, 3);
  for (const QuantizeQ8Kernel& kernel : QuantizeQ8Kernels()) {
    if ((kernel.needs & ~UsableCpuFeatures()) != 0) continue;
    const auto whole = Quantize(kernel, x);
    std::vector<std::byte> parts(whole.size());
    for (const auto& [begin, end] : {std::pair<size_t, size_t>{0, 3}, {3, 14}, {14, 22}}) {
      kernel.run({x.data(), parts.data(), x.size(), begin, end});
    }
    EXPECT_EQ(parts, whole) << kernel.name;
  }
}

TEST(QuantizeQ8, WhatIsNotANumberShowsInScaleAndSums) {
  for (const QuantizeQ8Kernel& kernel : QuantizeQ8Kernels()) {
    if ((kernel.needs & ~UsableCpuFeatures()) != 0) continue;
    for (const float bad : {NAN, INFINITY, -INFINITY}) {
      std::vector<float> x(64, 1.0f);
      x[33] = bad;
      const auto row = Quantize(kernel, x);
      EXPECT_EQ(Floats(row, Q8ScaleOffset(64), 4)[0], 1.0f / 127.0f);
      EXPECT_TRUE(std::isnan(Floats(row, Q8ScaleOffset(64), 4)[2]));
      EXPECT_TRUE(std::isnan(Floats(row, Q8SumOffset(64), 4)[2]));
    }
  }
}

}  // namespace
}  // namespace ingle
