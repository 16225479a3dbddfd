#include <gtest/gtest.h>

#include "tensor/dtype.h"
#include "tensor/tensor_view.h"

namespace ingle {
namespace {

TEST(DType, NamesRoundTrip) {
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto type = static_cast<DType>(i);
    EXPECT_EQ(DTypeFromName(Name(type)), type);
  }
  EXPECT_EQ(DTypeFromName("q4_k"), DType::kQ4_K);
  EXPECT_EQ(DTypeFromName("Q4"), std::nullopt);
}

TEST(TensorView, RowsAreWholeBlocks) {
  const std::byte data[4 * 144] = {};
  const TensorView view{DType::kQ4_K, {2, 512}, data};
  EXPECT_EQ(view.row_bytes(), 288u);
  EXPECT_EQ(view.bytes(), 576u);
  EXPECT_EQ(view.row(1), data + 288);
}

TEST(Shape, CountsRowsAndColumns) {
  const Shape shape{4, 3, 5};
  EXPECT_EQ(shape.rows(), 12u);
  EXPECT_EQ(shape.columns(), 5u);
  EXPECT_EQ(shape.elements(), 60u);
  EXPECT_EQ(Shape{}.elements(), 1u);
  EXPECT_EQ(ToString(shape), "[4, 3, 5]");
}

}  // namespace
}  // namespace ingle
