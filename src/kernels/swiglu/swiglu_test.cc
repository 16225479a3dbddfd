#include "kernels/swiglu/swiglu.h"

#include <cmath>

#include <gtest/gtest.h>

#include "kernels/kernel_testing.h"

namespace ingle {
namespace {

template <class Body>
void ForEachKernel(const Body& body) {
  for (const SwiGluKernel& kernel : SwiGluKernels()) {
    if ((kernel.needs & ~UsableCpuFeatures()) != 0) continue;
    SCOPED_TRACE(kernel.name);
    body(kernel);
  }
}

TEST(SwiGlu, FollowsTheFormula) {
  std::vector<float> gate = RandomFloats(1003, 1, 20.0f);
  gate[0] = -1000;
  gate[1] = 1000;
  gate[2] = 0;
  gate[3] = -87.34f;
  gate[4] = -88.8f;
  const std::vector<float> up = RandomFloats(1003, 2);
  ForEachKernel([&](const SwiGluKernel& kernel) {
    std::vector<float> got(1003);
    kernel.run({gate.data(), up.data(), got.data(), 1003});
    for (size_t i = 0; i < 1003; ++i) {
      const double want = gate[i] / (1 + std::exp(-static_cast<double>(gate[i]))) * up[i];
      ASSERT_NEAR(got[i], want, 1e-6 * std::fabs(want) + 1e-30) << gate[i];
    }
  });
}

TEST(SwiGlu, DoesNotDependOnWhereAnElementStands) {
  const std::vector<float> gate = RandomFloats(64, 3);
  const std::vector<float> up = RandomFloats(64, 4);
  ForEachKernel([&](const SwiGluKernel& kernel) {
    std::vector<float> whole(64), parts(64);
    kernel.run({gate.data(), up.data(), whole.data(), 64});
    for (const auto& [begin, end] : {std::pair<size_t, size_t>{0, 5}, {5, 16}, {16, 64}}) {
      kernel.run({gate.data() + begin, up.data() + begin, parts.data() + begin, end - begin});
    }
    EXPECT_EQ(whole, parts);
  });
}

TEST(SwiGlu, KeepsNaN) {
  ForEachKernel([&](const SwiGluKernel& kernel) {
    const float gate = NAN;
    const float up = 1;
    float out = 0;
    kernel.run({&gate, &up, &out, 1});
    EXPECT_TRUE(std::isnan(out));
  });
}

}  // namespace
}  // namespace ingle
