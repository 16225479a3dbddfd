#include "kernels/layer_norm/layer_norm.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/kernel_testing.h"

namespace ingle {
namespace {

TEST(LayerNorm, FollowsTheFormula) {
  const std::vector<float> x = RandomFloats(37, 1);
  const std::vector<float> weight = RandomFloats(37, 2);
  const std::vector<float> bias = RandomFloats(37, 3);
  std::vector<float> got(37);
  LayerNorm(x.data(), weight.data(), bias.data(), 0.25f, got.data(), 37);
  double mean = 0, variance = 0;
  for (const float v : x) mean += v / 37.0;
  for (const float v : x) variance += (v - mean) * (v - mean) / 37.0;
  for (size_t i = 0; i < 37; ++i) {
    EXPECT_NEAR(got[i], (x[i] - mean) / std::sqrt(variance + 0.25) * weight[i] + bias[i], 1e-5);
  }
}

TEST(LayerNorm, DoesWithoutWeightAndInPlace) {
  std::vector<float> x = {1, 3};
  LayerNorm(x.data(), nullptr, nullptr, 0.0f, x.data(), 2);
  EXPECT_EQ(x, (std::vector<float>{-1, 1}));
}

}  // namespace
}  // namespace ingle
