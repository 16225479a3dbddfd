#include "kernels/rope/rope.h"

#include <cmath>

#include <gtest/gtest.h>

#include "kernels/kernel_testing.h"

namespace ingle {
namespace {

TEST(Rope, RotatesEachPairByItsAngle) {
  const float frequencies[] = {1.0f, 0.1f, 0.01f};
  float cosines[3], sines[3];
  ComputeRopeAngles(frequencies, 3, 7, 1.0f, cosines, sines);
  const std::vector<float> x = RandomFloats(6, 1);

  std::vector<float> interleaved = x;
  RotateInterleaved(interleaved.data(), 3, {cosines, sines});
  std::vector<float> halves{x[0], x[2], x[4], x[1], x[3], x[5]};
  RotateHalves(halves.data(), 3, {cosines, sines});
  for (size_t i = 0; i < 3; ++i) {
    const double angle = 7.0 * frequencies[i];
    const double re = x[2 * i] * std::cos(angle) - x[2 * i + 1] * std::sin(angle);
    const double im = x[2 * i] * std::sin(angle) + x[2 * i + 1] * std::cos(angle);
    EXPECT_NEAR(interleaved[2 * i], re, 1e-6);
    EXPECT_NEAR(interleaved[2 * i + 1], im, 1e-6);
    EXPECT_EQ(halves[i], interleaved[2 * i]);
    EXPECT_EQ(halves[i + 3], interleaved[2 * i + 1]);
  }
}

TEST(Rope, MagnitudeScalesBothElements) {
  const float frequency = 0.5f;
  float c1, s1, c2, s2;
  ComputeRopeAngles(&frequency, 1, 3, 1.0f, &c1, &s1);
  ComputeRopeAngles(&frequency, 1, 3, 1.25f, &c2, &s2);
  EXPECT_EQ(c2, 1.25f * c1);
  EXPECT_EQ(s2, 1.25f * s1);
}

}  // namespace
}  // namespace ingle
