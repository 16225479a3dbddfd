#include "base/half.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace ingle {
namespace {

TEST(Half, EveryValueSurvivesTheRoundTrip) {
  for (uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float f16 = F16ToF32(half);
    const float bf16 = BF16ToF32(half);
    if (std::isnan(f16)) {
      EXPECT_TRUE(std::isnan(F16ToF32(F32ToF16(f16))));
    } else {
      ASSERT_EQ(F32ToF16(f16), half);
    }
    if (std::isnan(bf16)) {
      EXPECT_TRUE(std::isnan(BF16ToF32(F32ToBF16(bf16))));
    } else {
      ASSERT_EQ(F32ToBF16(bf16), half);
    }
  }
}

// Between two neighbours the nearer wins; in the very middle the even one.
TEST(Half, RoundsToNearestEven) {
  for (uint32_t bits = 0; bits < 0x7BFF; ++bits) {
    const float low = F16ToF32(static_cast<uint16_t>(bits));
    const float high = F16ToF32(static_cast<uint16_t>(bits + 1));
    const float middle = low + (high - low) / 2;  // exact in float
    const uint32_t even = bits % 2 == 0 ? bits : bits + 1;
    ASSERT_EQ(F32ToF16(middle), even);
    ASSERT_EQ(F32ToF16(std::nextafter(middle, low)), bits);
    ASSERT_EQ(F32ToF16(std::nextafter(middle, high)), bits + 1);
  }
}

TEST(Half, OverflowsToInfinity) {
  EXPECT_EQ(F32ToF16(65519.996f), 0x7BFF);
  EXPECT_EQ(F32ToF16(65520.0f), 0x7C00);
  EXPECT_EQ(F32ToF16(-std::numeric_limits<float>::infinity()), 0xFC00);
  EXPECT_EQ(F32ToF16(1e-30f), 0);
  EXPECT_EQ(F32ToBF16(std::numeric_limits<float>::max()), 0x7F80);
}

}  // namespace
}  // namespace ingle
