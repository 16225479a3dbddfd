#include "kernels/pack/pack.h"

#include <ios>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "base/fnv1a.h"
#include "kernels/matmul/weights_testing.h"

namespace ingle {
namespace {

constexpr size_t kRows = 37;

template <class Body>
void ForEachPackedType(const Body& body) {
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto type = static_cast<DType>(i);
    if (!HasPanels(type)) continue;
    SCOPED_TRACE(Name(type));
    body(type);
  }
}

// What the values mean is tested with the products (matmul_test.cc).

TEST(Pack, TakesAsManyBytesAsTheRows) {
  ForEachPackedType([](DType type) {
    EXPECT_EQ(PanelBytes(type, 48, 512), 48 * RowBytes(type, 512));
    EXPECT_EQ(PanelBytes(type, 33, 512), 48 * RowBytes(type, 512));
  });
}

TEST(Pack, GivesTheSameInParts) {
  ForEachPackedType([](DType type) {
    const size_t columns = 2 * Info(type).block_elements;
    const auto weights = RandomWeights(type, kRows, columns);
    std::vector<std::byte> whole(PanelBytes(type, kRows, columns), std::byte{0xAA});
    std::vector<std::byte> parts(whole.size(), std::byte{0x55});
    PackPanels({type, weights.data(), kRows, columns, whole.data(), 0, 3});
    for (const size_t p : {2u, 0u, 1u}) {
      PackPanels({type, weights.data(), kRows, columns, parts.data(), p, p + 1});
    }
    EXPECT_EQ(whole, parts);
  });
}

// Each bit of a row goes somewhere, and nowhere else: flipping one bit of the original flips one
// bit of the panels.
TEST(Pack, LosesNoBit) {
  ForEachPackedType([](DType type) {
    const size_t columns = Info(type).block_elements;
    std::vector<std::byte> weights = RandomWeights(type, 16, columns);
    const auto pack = [&] {
      std::vector<std::byte> panels(PanelBytes(type, 16, columns));
      PackPanels({type, weights.data(), 16, columns, panels.data(), 0, 1});
      return panels;
    };
    const auto before = pack();
    for (size_t bit = 0; bit < 8 * RowBytes(type, columns); ++bit) {
      const auto flip = static_cast<std::byte>(1u << bit % 8);
      weights[bit / 8] ^= flip;
      const auto after = pack();
      int changed = 0;
      for (size_t i = 0; i < after.size(); ++i) {
        changed += __builtin_popcount(static_cast<unsigned>(after[i] ^ before[i]));
      }
      ASSERT_EQ(changed, 1) << "bit " << bit;
      weights[bit / 8] ^= flip;
    }
  });
}

// Two panels, the second of one row, by the hash of their bytes.
uint64_t LayoutOf(DType type) {
  constexpr size_t kLayoutRows = 17;
  const size_t columns = 2 * Info(type).block_elements;
  std::vector<std::byte> weights(kLayoutRows * RowBytes(type, columns));
  for (size_t i = 0; i < weights.size(); ++i) {
    weights[i] = static_cast<std::byte>(i * 2654435761u >> 13);
  }
  std::vector<std::byte> panels(PanelBytes(type, kLayoutRows, columns));
  PackPanels({type, weights.data(), kLayoutRows, columns, panels.data(), 0, 2});
  return Fnv1a(panels);
}

TEST(Pack, LayoutIsOfItsNumber) {
  ASSERT_EQ(kPanelLayout, 1) << "of another number the hashes below are others";
  const std::map<DType, uint64_t> layouts = {
      {DType::kQ4_0, 0x5AB74D0AF67CD1F3},    {DType::kQ4_1, 0x998A4D0284D48A28},
      {DType::kQ5_0, 0x03507F83892AB561},    {DType::kQ5_1, 0x432141E34EC80F3B},
      {DType::kQ8_0, 0x8894748CA0667359},    {DType::kQ2_K, 0x7EEFFA25C9F30C9A},
      {DType::kQ3_K, 0x6FEFA20B71F682E7},    {DType::kQ4_K, 0xBD8CD87782B4D794},
      {DType::kQ5_K, 0x9A73A9B040BD88D3},    {DType::kQ6_K, 0xC19835716897B206},
      {DType::kIQ1_S, 0x6A295E71685372E7},   {DType::kIQ1_M, 0x84179880203458B5},
      {DType::kIQ2_XXS, 0xF43D6C2AFEEB1EDE}, {DType::kIQ2_XS, 0x524A6282A277DD91},
      {DType::kIQ2_S, 0xC748577B2CDCE263},   {DType::kIQ3_XXS, 0x720744AC12B85622},
      {DType::kIQ3_S, 0xA8B3CA0D1DC54DA9},   {DType::kIQ4_NL, 0x5AB74D0AF67CD1F3},
      {DType::kIQ4_XS, 0x4C7F8249DCDBF670},  {DType::kTQ1_0, 0xC303155B170449BB},
      {DType::kTQ2_0, 0xE9AC2DD76BB6115B},   {DType::kMXFP4, 0xCC7D14ED33599A9F},
      {DType::kNVFP4, 0x5BBF7ADAF1074434},   {DType::kQ1_0, 0x4CC474F1CE668007},
  };
  size_t types = 0;
  ForEachPackedType([&](DType type) {
    ++types;
    const uint64_t layout = LayoutOf(type);
    const auto known = layouts.find(type);
    ASSERT_NE(known, layouts.end()) << "new: 0x" << std::hex << layout;
    EXPECT_EQ(layout, known->second)
        << "panels have changed: kPanelLayout must be the next number, and then these hashes "
           "those of now, 0x"
        << std::hex << layout;
  });
  EXPECT_EQ(types, layouts.size());
}

}  // namespace
}  // namespace ingle
