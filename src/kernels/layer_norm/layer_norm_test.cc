#include "kernels/layer_norm/layer_norm.h"

#include <cmath>

#include <gtest/gtest.h>

#include "kernels/kernel_testing.h"

namespace ingle {
namespace {

template <class Body>
void ForEachKernel(const Body& body) {
  for (const LayerNormKernel& kernel : LayerNormKernels()) {
    if ((kernel.needs & ~UsableCpuFeatures()) != 0) continue;
    SCOPED_TRACE(kernel.name);
    body(kernel);
  }
}

TEST(LayerNorm, FollowsTheFormula) {
  ForEachKernel([](const LayerNormKernel& kernel) {
    for (const size_t columns : {1u, 8u, 37u, 400u}) {
      std::vector<float> x = RandomFloats(columns, 1);
      for (float& value : x) value += 5;  // a mean that matters
      const std::vector<float> weight = RandomFloats(columns, 2), bias = RandomFloats(columns, 3);
      std::vector<float> got(columns);
      kernel.run({x.data(), weight.data(), bias.data(), 0.25f, got.data(), columns});
      const auto count = static_cast<double>(columns);
      double mean = 0, variance = 0;
      for (const float v : x) mean += v / count;
      for (const float v : x) variance += (v - mean) * (v - mean) / count;
      for (size_t i = 0; i < columns; ++i) {
        const double want = (x[i] - mean) / std::sqrt(variance + 0.25) * weight[i] + bias[i];
        EXPECT_NEAR(got[i], want, 1e-5);
      }
    }
  });
}

TEST(LayerNorm, DoesWithoutWeightAndInPlace) {
  ForEachKernel([](const LayerNormKernel& kernel) {
    std::vector<float> x = {1, 3};
    kernel.run({x.data(), nullptr, nullptr, 0.0f, x.data(), 2});
    EXPECT_EQ(x, (std::vector<float>{-1, 1}));
  });
}

}  // namespace
}  // namespace ingle
