#include "kernels/dequantize/dequantize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tensor/blocks.h"

namespace ingle {
namespace {

std::string ReadGolden(const std::string& name) {
  std::ifstream file(INGLE_SOURCE_DIR "/tests/goldens/quants/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<float> Decode(DType type, const void* blocks, size_t elements) {
  std::vector<float> out(elements);
  DequantizeRow(type, static_cast<const std::byte*>(blocks), out.data(), elements);
  return out;
}

class Goldens : public testing::TestWithParam<DType> {};

// Bit for bit, with scales that are infinite, NaN, denormal and negative among them.
TEST_P(Goldens, MatchThePythonPackage) {
  const std::string name(Name(GetParam()));
  const std::string blocks = ReadGolden(name + ".blocks");
  const std::string golden = ReadGolden(name + ".floats");
  ASSERT_FALSE(golden.empty());
  std::vector<float> expected(golden.size() / sizeof(float));
  std::memcpy(expected.data(), golden.data(), golden.size());
  ASSERT_EQ(blocks.size(), RowBytes(GetParam(), expected.size()));

  const std::string shifted = "x" + blocks;  // an odd address must do
  const std::vector<float> actual = Decode(GetParam(), shifted.data() + 1, expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    if (std::isnan(expected[i]) && std::isnan(actual[i])) continue;
    EXPECT_EQ(std::memcmp(&expected[i], &actual[i], sizeof(float)), 0)
        << "element " << i << ": " << expected[i] << " expected, got " << actual[i];
  }
}

INSTANTIATE_TEST_SUITE_P(EveryType, Goldens,
                         testing::Values(DType::kF32, DType::kF16, DType::kBF16, DType::kQ4_0,
                                         DType::kQ4_1, DType::kQ5_0, DType::kQ5_1, DType::kQ8_0,
                                         DType::kQ2_K, DType::kQ3_K, DType::kQ4_K, DType::kQ5_K,
                                         DType::kQ6_K, DType::kIQ1_S, DType::kIQ1_M,
                                         DType::kIQ2_XXS, DType::kIQ2_XS, DType::kIQ2_S,
                                         DType::kIQ3_XXS, DType::kIQ3_S, DType::kIQ4_NL,
                                         DType::kIQ4_XS, DType::kTQ1_0, DType::kTQ2_0,
                                         DType::kMXFP4, DType::kNVFP4),
                         [](const auto& test) { return std::string(Name(test.param)); });

TEST(Dequantize, ByHand) {
  BlockQ4_1 block = {};
  block.d = 0x3800;  // 0.5
  block.m = 0xBC00;  // -1
  block.q[0] = 0xF3;
  const std::vector<float> out = Decode(DType::kQ4_1, &block, kBlock);
  EXPECT_EQ(out[0], 0.5f);   // 0.5 * 3 - 1
  EXPECT_EQ(out[16], 6.5f);  // 0.5 * 15 - 1
  EXPECT_EQ(out[1], -1.0f);
}

TEST(Dequantize, Integers) {
  const int32_t integers[] = {0, -7, 1 << 30};
  EXPECT_EQ(Decode(DType::kI32, integers, 3), (std::vector<float>{0, -7, 0x1p30f}));
}

TEST(Dequantize, OneBit) {
  BlockQ1_0 block = {};
  block.d = 0x3800;  // 0.5
  block.q[1] = 0x81;
  const std::vector<float> out = Decode(DType::kQ1_0, &block, 128);
  EXPECT_EQ(out[8], 0.5f);
  EXPECT_EQ(out[15], 0.5f);
  EXPECT_EQ(std::count(out.begin(), out.end(), -0.5f), 126);
}

TEST(Dequantize, PlainNumbers) {
  const double doubles[] = {0.1, -1e300};
  EXPECT_EQ(Decode(DType::kF64, doubles, 2), (std::vector<float>{0.1f, -INFINITY}));
  const int64_t longs[] = {-1, int64_t{1} << 40};
  EXPECT_EQ(Decode(DType::kI64, longs, 2), (std::vector<float>{-1, 0x1p40f}));
  const int16_t shorts[] = {-32768, 7};
  EXPECT_EQ(Decode(DType::kI16, shorts, 2), (std::vector<float>{-32768, 7}));
  const uint8_t bytes[] = {0x80, 0x7F};
  EXPECT_EQ(Decode(DType::kI8, bytes, 2), (std::vector<float>{-128, 127}));
  EXPECT_EQ(Decode(DType::kU8, bytes, 2), (std::vector<float>{128, 127}));
}

// Every number of eight bits, from the definition: (-1)^s 2^(e - bias) 1.m, or 2^(1 - bias) 0.m.
TEST(Dequantize, EightBitFloats) {
  const auto by_hand = [](int bits, int mantissa_bits, int bias) {
    const int exponent = bits >> mantissa_bits & ((1 << (7 - mantissa_bits)) - 1);
    const double mantissa = (bits & ((1 << mantissa_bits) - 1)) / std::ldexp(1.0, mantissa_bits);
    const double magnitude =
        exponent == 0 ? std::ldexp(mantissa, 1 - bias) : std::ldexp(1 + mantissa, exponent - bias);
    return static_cast<float>(bits >= 128 ? -magnitude : magnitude);
  };
  for (int bits = 0; bits < 256; ++bits) {
    const auto byte = static_cast<uint8_t>(bits);
    const float e4m3 = Decode(DType::kF8_E4M3, &byte, 1)[0];
    const float e5m2 = Decode(DType::kF8_E5M2, &byte, 1)[0];
    if ((bits & 0x7F) == 0x7F) {
      EXPECT_TRUE(std::isnan(e4m3)) << bits;
    } else {
      EXPECT_EQ(e4m3, by_hand(bits, 3, 7)) << bits;
      EXPECT_EQ(std::signbit(e4m3), bits >= 128) << bits;
    }
    if ((bits & 0x7F) > 0x7C) {
      EXPECT_TRUE(std::isnan(e5m2)) << bits;
    } else if ((bits & 0x7F) == 0x7C) {
      EXPECT_EQ(e5m2, bits >= 128 ? -INFINITY : INFINITY);
    } else {
      EXPECT_EQ(e5m2, by_hand(bits, 2, 15)) << bits;
    }
  }
}

TEST(Dequantize, NothingIsFine) {
  for (int i = 0; i < kDTypeCount; ++i) DequantizeRow(static_cast<DType>(i), nullptr, nullptr, 0);
}

}  // namespace
}  // namespace ingle
