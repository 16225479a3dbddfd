#include "kernels/sparsify/sparsify.h"

#include <cmath>

#include <gtest/gtest.h>

#include "kernels/kernel_testing.h"

namespace ingle {
namespace {

template <class Body>
void ForEachKernel(const Body& body) {
  for (const SparsifyKernel& kernel : SparsifyKernels()) {
    if ((kernel.needs & ~UsableCpuFeatures()) != 0) continue;
    SCOPED_TRACE(kernel.name);
    body(kernel);
  }
}

TEST(Sparsify, KeepsWhatStandsOut) {
  ForEachKernel([](const SparsifyKernel& kernel) {
    std::vector<float> x = {0, 0, 0, 8};  // mean 2, deviation √12
    kernel.run({x.data(), 1, x.data(), 4});
    EXPECT_EQ(x[0], 0);
    EXPECT_EQ(x[2], 0);
    EXPECT_NEAR(x[3], 8 - (2 + std::sqrt(12.0f)), 1e-6);
  });
}

TEST(Sparsify, IsAlikeInAllKernels) {
  const std::vector<float> x = RandomFloats(1003, 1);
  std::vector<float> want(1003), got(1003);
  SparsifyKernels().back().run({x.data(), 1.6f, want.data(), 1003});
  ForEachKernel([&](const SparsifyKernel& kernel) {
    kernel.run({x.data(), 1.6f, got.data(), 1003});
    for (size_t i = 0; i < 1003; ++i) ASSERT_NEAR(got[i], want[i], 1e-6);
  });
}

TEST(Sparsify, KeepsNaN) {
  ForEachKernel([](const SparsifyKernel& kernel) {
    std::vector<float> x = {1, NAN, 2};
    kernel.run({x.data(), 0, x.data(), 3});
    EXPECT_TRUE(std::isnan(x[0]) && std::isnan(x[1]));
  });
}

}  // namespace
}  // namespace ingle
