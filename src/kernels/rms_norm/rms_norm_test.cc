#include "kernels/rms_norm/rms_norm.h"

#include <cmath>

#include <gtest/gtest.h>

#include "kernels/kernel_testing.h"

namespace ingle {
namespace {

TEST(RmsNorm, FollowsTheFormula) {
  for (const size_t columns : {1u, 15u, 16u, 576u, 1000u}) {
    const std::vector<float> x = RandomFloats(columns, 1, 3.0f);
    const std::vector<float> weight = RandomFloats(columns, 2);
    std::vector<float> got(columns);
    RmsNorm(x.data(), weight.data(), 1e-2f, got.data(), columns);
    double squares = 0;
    for (const float value : x) squares += static_cast<double>(value) * value;
    const double scale = 1 / std::sqrt(squares / static_cast<double>(columns) + 1e-2);
    for (size_t i = 0; i < columns; ++i) EXPECT_NEAR(got[i], x[i] * scale * weight[i], 2e-6);
  }
}

TEST(Rescale, GivesTheSizeOfAnother) {
  const std::vector<float> like = {3, -3, 3, -3};
  std::vector<float> x = {1, 2, 2, 4};
  Rescale(x.data(), like.data(), 1e-5f, x.data(), 4);
  EXPECT_EQ(x, (std::vector<float>{1.2f, 2.4f, 2.4f, 4.8f}));
  std::vector<float> tiny(4, 1e-3f);
  Rescale(tiny.data(), like.data(), 1e-4f, tiny.data(), 4);
  for (const float value : tiny) EXPECT_NEAR(value, 0.3f, 1e-6f);
}

TEST(RmsNorm, WorksInPlace) {
  std::vector<float> x = RandomFloats(100, 3);
  const std::vector<float> weight = RandomFloats(100, 4);
  std::vector<float> apart(100);
  RmsNorm(x.data(), weight.data(), 1e-5f, apart.data(), 100);
  RmsNorm(x.data(), weight.data(), 1e-5f, x.data(), 100);
  EXPECT_EQ(x, apart);
}

}  // namespace
}  // namespace ingle
