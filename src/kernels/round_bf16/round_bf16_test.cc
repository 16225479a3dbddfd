#include "kernels/round_bf16/round_bf16.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include "base/half.h"
#include "kernels/bf16_tiles.h"
#include "kernels/emulated_testing.h"
#include "kernels/kernel_testing.h"

namespace ingle {
namespace {

constexpr size_t kColumns = 96;
constexpr size_t kRows = 19;

std::vector<uint16_t> Rounded(const RoundBf16Kernel& kernel, const std::vector<float>& x) {
  std::vector<std::byte> tiles(Bf16TilesBytes(kRows, kColumns), std::byte{0xAB});
  for (size_t row = 0; row < kRows; ++row) {
    kernel.run({x.data() + row * kColumns, tiles.data() + Bf16RowOffset(row, kColumns), kColumns});
  }
  std::vector<uint16_t> bits(tiles.size() / 2);
  std::memcpy(bits.data(), tiles.data(), tiles.size());
  return bits;
}

size_t PlaceOf(size_t row, size_t column) {
  return (row / 16 * (kColumns / 32) + column / 32) * 512 + row % 16 * 32 + column % 32;
}

template <class Body>
void ForEachKernel(const Body& body) {
  for (const RoundBf16Kernel& kernel : RunnableOf(RoundBf16Kernels(), Emulated().round_bf16)) {
    SCOPED_TRACE(kernel.name);
    body(kernel);
  }
}

TEST(RoundBf16, IsTheNearestAndLiesInItsTile) {
  const std::vector<float> x = RandomFloats(kRows * kColumns, 7);
  ForEachKernel([&](const RoundBf16Kernel& kernel) {
    const std::vector<uint16_t> got = Rounded(kernel, x);
    size_t untouched = 0;
    for (const uint16_t bits : got) untouched += bits == 0xABAB;
    EXPECT_EQ(untouched, got.size() - x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      const uint16_t bits = got[PlaceOf(i / kColumns, i % kColumns)];
      ASSERT_EQ(bits, F32ToBF16(x[i])) << i;
    }
  });
}

TEST(RoundBf16, KeepsInfinitiesAndNaNs) {
  std::vector<float> x(kRows * kColumns, 1.0f);
  const float infinity = std::numeric_limits<float>::infinity();
  x[0] = infinity;
  x[1] = -infinity;
  x[2] = std::bit_cast<float>(0x7FFFFFFFu);
  x[3] = std::bit_cast<float>(0xFFFFFFFFu);
  x[4] = std::bit_cast<float>(0x7F800001u);
  x[5] = std::numeric_limits<float>::max();
  x[6] = std::bit_cast<float>(0x3F808000u);  // halfway
  x[7] = std::bit_cast<float>(0xBF808000u);
  ForEachKernel([&](const RoundBf16Kernel& kernel) {
    const std::vector<uint16_t> got = Rounded(kernel, x);
    const auto at = [&](size_t i) { return BF16ToF32(got[PlaceOf(0, i)]); };
    EXPECT_EQ(at(0), infinity);
    EXPECT_EQ(at(1), -infinity);
    for (const size_t i : {2u, 3u, 4u}) EXPECT_TRUE(std::isnan(at(i))) << i;
    EXPECT_EQ(at(5), infinity);
    EXPECT_EQ(got[PlaceOf(0, 6)], 0x3F81);
    EXPECT_EQ(got[PlaceOf(0, 7)], 0xBF81);
  });
}

}  // namespace
}  // namespace ingle
