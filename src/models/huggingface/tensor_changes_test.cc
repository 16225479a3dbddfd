#include "models/huggingface/tensor_changes.h"

#include <vector>

#include <gtest/gtest.h>

#include "tensor/blocks.h"

namespace ingle {
namespace {

TensorView Bytes(const std::vector<uint8_t>& bytes, Shape shape) {
  return {DType::kU8, shape, reinterpret_cast<const std::byte*>(bytes.data())};
}

// Value i of the block is i % 16, in the order of files: two neighbours a byte.
TEST(MergeMxfp4, OrdersTheHalvesOfBytesAnew) {
  std::vector<uint8_t> pairs;
  for (unsigned i = 0; i < 32; i += 2) {
    pairs.push_back(static_cast<uint8_t>(i % 16 | (i + 1) % 16 << 4));
  }
  const std::vector<uint8_t> scales = {130};
  const auto merged = MergeMxfp4(Bytes(pairs, {1, 1, 1, 16}), Bytes(scales, {1, 1, 1}));
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->view.type, DType::kMXFP4);
  EXPECT_EQ(merged->view.shape, (Shape{1, 1, 32}));
  const auto* block = reinterpret_cast<const BlockMXFP4*>(merged->view.data);
  EXPECT_EQ(block->scale, 130);
  // As ggml has it: value i in the lower half of byte i, value i + 16 in the upper.
  for (unsigned i = 0; i < 16; ++i) EXPECT_EQ(block->q[i], i | i << 4) << i;
}

TEST(MergeMxfp4, RefusesPartsThatDoNotFit) {
  const std::vector<uint8_t> bytes(64);
  const TensorView scales = Bytes(bytes, {1, 2, 1});
  EXPECT_FALSE(MergeMxfp4(Bytes(bytes, {1, 1, 1, 16}), scales));
  EXPECT_FALSE(MergeMxfp4(Bytes(bytes, {1, 2, 1, 8}), scales));
  EXPECT_FALSE(MergeMxfp4(Bytes(bytes, {2, 16}), scales));
  EXPECT_FALSE(MergeMxfp4(Bytes(bytes, {1, 2, 1, 16}), Bytes(bytes, {2})));
  TensorView floats = Bytes(bytes, {1, 1, 1, 16});
  floats.type = DType::kI8;
  EXPECT_FALSE(MergeMxfp4(floats, Bytes(bytes, {1, 1, 1})));
}

}  // namespace
}  // namespace ingle
