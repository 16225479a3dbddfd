#include "kernels/blend/blend.h"

#include <vector>

#include <gtest/gtest.h>

namespace ingle {
namespace {

TEST(Blend, WeighsParts) {
  const std::vector<float> x = {1, 2, 3, 10, 20, 30}, weights = {2, -1};
  std::vector<float> output(3, 99);
  Blend(x.data(), weights.data(), 2, output.data(), 3);
  EXPECT_EQ(output, (std::vector<float>{-8, -16, -24}));
}

}  // namespace
}  // namespace ingle
