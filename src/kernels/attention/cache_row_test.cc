#include "kernels/attention/cache_row.h"

#include <cmath>

#include <gtest/gtest.h>

#include "kernels/kernel_testing.h"

namespace ingle {
namespace {

constexpr size_t kSize = 96;

// The error of a row that was stored and read again, relative to its length.
double ErrorOf(CacheType type, std::vector<float> row, bool key) {
  std::vector<std::byte> head(CacheHeadBytes(type, kSize));
  std::vector<float> scratch(kSize);
  const CacheRow to{type, head.data(), 5, kSize};
  if (key) StoreKey(to, row.data(), scratch.data());
  if (!key) StoreValue(to, row.data(), scratch.data());
  if (IsRotated(type)) RotateHead(row.data(), kSize);
  std::vector<float> read(kSize);
  (key ? LoadKey : LoadValue)(type, head.data(), 5, kSize, read.data());
  double error = 0;
  double length = 0;
  for (size_t i = 0; i < kSize; ++i) {
    error += (read[i] - row[i]) * (read[i] - row[i]);
    length += row[i] * row[i];
  }
  return length == 0 ? error : std::sqrt(error / length);
}

TEST(CacheRow, ReadsWhatWasStored) {
  const auto row = RandomFloats(kSize, 1);
  for (const bool key : {false, true}) {
    EXPECT_EQ(ErrorOf(CacheType::kF32, row, key), 0);
    EXPECT_LT(ErrorOf(CacheType::kF16, row, key), 3e-4);
    EXPECT_LT(ErrorOf(CacheType::kQ8_0, row, key), 8e-3);
    EXPECT_LT(ErrorOf(CacheType::kQ4_0, row, key), 0.11);
    EXPECT_EQ(ErrorOf(CacheType::kQ4_0, std::vector<float>(kSize), key), 0);
  }
}

TEST(CacheRow, RotationSpreadsWhatStandsOut) {
  auto row = RandomFloats(kSize, 2);
  row[17] = 60;
  EXPECT_LT(ErrorOf(CacheType::kQ4_0, row, true), 0.11);
}

TEST(CacheRow, RowsDoNotTouchEachOther) {
  const auto row = RandomFloats(kSize, 3);
  std::vector<float> scratch(kSize);
  for (const CacheType type :
       {CacheType::kF32, CacheType::kF16, CacheType::kQ8_0, CacheType::kQ4_0}) {
    std::vector<std::byte> head(CacheHeadBytes(type, kSize));
    const auto all = [&](size_t slot) {
      std::vector<float> read(kSize);
      LoadKey(type, head.data(), slot, kSize, read.data());
      return read;
    };
    StoreKey({type, head.data(), 8, kSize}, row.data(), scratch.data());
    const auto before = all(8);
    for (size_t slot = 0; slot < kPageTokens; ++slot) {
      if (slot != 8) StoreKey({type, head.data(), slot, kSize}, row.data(), scratch.data());
    }
    EXPECT_EQ(all(8), before);
  }
}

TEST(CacheRow, RotatingTwiceGivesTheSame) {
  for (const size_t size : {32, 80, 96, 128}) {
    const auto row = RandomFloats(size, 4);
    auto turned = row;
    RotateHead(turned.data(), size);
    EXPECT_GT(std::fabs(turned[1] - row[1]), 1e-3);
    RotateHead(turned.data(), size);
    for (size_t i = 0; i < size; ++i) EXPECT_NEAR(turned[i], row[i], 1e-6);
  }
}

}  // namespace
}  // namespace ingle
