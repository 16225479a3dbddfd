#include "kernels/rope/rope.h"

#include <cmath>

#include <gtest/gtest.h>

#include "kernels/kernel_testing.h"

namespace ingle {
namespace {

template <class Body>
void ForEachKernel(const Body& body) {
  for (const RopeKernels& kernel : RopeTable()) {
    if ((kernel.needs & ~UsableCpuFeatures()) != 0) continue;
    SCOPED_TRACE(kernel.name);
    body(kernel);
  }
}

TEST(Rope, RotatesEachPairByItsAngle) {
  const float frequencies[] = {1.0f, 0.1f, 0.01f};
  float cosines[3], sines[3];
  ComputeRopeAngles(frequencies, 3, 7, 1.0f, cosines, sines);
  const std::vector<float> x = RandomFloats(6, 1);
  ForEachKernel([&](const RopeKernels& kernel) {
    std::vector<float> interleaved = x;
    kernel.interleaved({interleaved.data(), interleaved.data(), 1, 6, 3, cosines, sines});
    std::vector<float> halves{x[0], x[2], x[4], x[1], x[3], x[5]};
    kernel.halves({halves.data(), halves.data(), 1, 6, 3, cosines, sines});
    for (size_t i = 0; i < 3; ++i) {
      const double angle = 7.0 * frequencies[i];
      const double re = x[2 * i] * std::cos(angle) - x[2 * i + 1] * std::sin(angle);
      const double im = x[2 * i] * std::sin(angle) + x[2 * i + 1] * std::cos(angle);
      EXPECT_NEAR(interleaved[2 * i], re, 1e-6);
      EXPECT_NEAR(interleaved[2 * i + 1], im, 1e-6);
      EXPECT_EQ(halves[i], interleaved[2 * i]);
      EXPECT_EQ(halves[i + 3], interleaved[2 * i + 1]);
    }
  });
}

// Some heads at once, with elements beyond the pairs; in place too.
TEST(Rope, AllKernelsGiveTheSameBits) {
  constexpr size_t kHeads = 3;
  for (const size_t pairs : {1u, 8u, 13u, 32u}) {
    const size_t head_size = 2 * pairs + 5;
    const std::vector<float> angles = RandomFloats(2 * pairs, 2);
    const std::vector<float> x = RandomFloats(kHeads * head_size, 3);
    const auto turned = [&](void (*run)(const RopeTask&), bool in_place) {
      std::vector<float> out = in_place ? x : std::vector<float>(x.size());
      run({in_place ? out.data() : x.data(), out.data(), kHeads, head_size, pairs, angles.data(),
           angles.data() + pairs});
      return out;
    };
    ForEachKernel([&](const RopeKernels& kernel) {
      for (const bool in_place : {false, true}) {
        EXPECT_EQ(turned(kernel.halves, in_place), turned(RopeTable().back().halves, false));
        EXPECT_EQ(turned(kernel.interleaved, in_place),
                  turned(RopeTable().back().interleaved, false));
      }
    });
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
