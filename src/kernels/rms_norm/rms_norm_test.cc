#include "kernels/rms_norm/rms_norm.h"

#include <cmath>

#include <gtest/gtest.h>

#include "kernels/kernel_testing.h"

namespace ingle {
namespace {

template <class Body>
void ForEachKernel(const Body& body) {
  for (const RmsNormKernels& kernel : RmsNormTable()) {
    if ((kernel.needs & ~UsableCpuFeatures()) != 0) continue;
    SCOPED_TRACE(kernel.name);
    body(kernel);
  }
}

TEST(RmsNorm, FollowsTheFormula) {
  ForEachKernel([](const RmsNormKernels& kernel) {
    for (const size_t columns : {1u, 7u, 8u, 15u, 16u, 39u, 576u, 1000u}) {
      const std::vector<float> x = RandomFloats(columns, 1, 3.0f);
      const std::vector<float> weight = RandomFloats(columns, 2);
      std::vector<float> got(columns), plain(columns);
      kernel.rms_norm({x.data(), weight.data(), 1e-2f, got.data(), columns});
      kernel.rms_norm({x.data(), nullptr, 1e-2f, plain.data(), columns});
      double squares = 0;
      for (const float value : x) squares += static_cast<double>(value) * value;
      const double scale = 1 / std::sqrt(squares / static_cast<double>(columns) + 1e-2);
      for (size_t i = 0; i < columns; ++i) {
        EXPECT_NEAR(got[i], x[i] * scale * weight[i], 2e-6);
        EXPECT_NEAR(plain[i], x[i] * scale, 2e-6);
      }
    }
  });
}

TEST(RmsNorm, WorksInPlace) {
  const std::vector<float> x = RandomFloats(100, 3), weight = RandomFloats(100, 4);
  ForEachKernel([&](const RmsNormKernels& kernel) {
    std::vector<float> apart(100), in_place = x;
    kernel.rms_norm({x.data(), weight.data(), 1e-5f, apart.data(), 100});
    kernel.rms_norm({in_place.data(), weight.data(), 1e-5f, in_place.data(), 100});
    EXPECT_EQ(in_place, apart);
  });
}

TEST(Rescale, GivesTheSizeOfAnother) {
  const std::vector<float> like = {3, -3, 3, -3};
  ForEachKernel([&](const RmsNormKernels& kernel) {
    std::vector<float> x = {1, 2, 2, 4};
    kernel.rescale({x.data(), like.data(), 1e-5f, x.data(), 4});
    EXPECT_EQ(x, (std::vector<float>{1.2f, 2.4f, 2.4f, 4.8f}));
    std::vector<float> tiny(4, 1e-3f);
    kernel.rescale({tiny.data(), like.data(), 1e-4f, tiny.data(), 4});
    for (const float value : tiny) EXPECT_NEAR(value, 0.3f, 1e-6f);
  });
}

}  // namespace
}  // namespace ingle
