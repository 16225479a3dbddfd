#include "kernels/dequantize/dequantize.h"

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
                                         DType::kQ6_K),
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

TEST(Dequantize, NothingIsFine) {
  for (int i = 0; i < kDTypeCount; ++i) DequantizeRow(static_cast<DType>(i), nullptr, nullptr, 0);
}

}  // namespace
}  // namespace ingle
