#include "kernels/pack/pack.h"

#include <vector>

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace ingle
