#include "kernels/elementwise/elementwise.h"

#include <cmath>

#include <gtest/gtest.h>

#include "kernels/emulated_testing.h"
#include "kernels/kernel_testing.h"

namespace ingle {
namespace {

constexpr int kKinds = static_cast<int>(ActivationKind::kSoftplus) + 1;

template <class Body>
void ForEachKernel(const Body& body) {
  for (const ElementwiseKernels& kernels : RunnableOf(ElementwiseTable(), Emulated().elementwise)) {
    SCOPED_TRACE(kernels.name);
    body(kernels);
  }
}

float One(const ElementwiseKernels& kernels, ActivationKind kind, float x) {
  float out;
  kernels.activate({kind, &x, &out, 1});
  return out;
}

// In f64.
double Exact(ActivationKind kind, double x) {
  const auto sigmoid = [](double y) { return 1 / (1 + std::exp(-y)); };
  switch (kind) {
    case ActivationKind::kSilu:
      return x * sigmoid(x);
    case ActivationKind::kGelu:
      return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
    case ActivationKind::kGeluTanh:
      return x * sigmoid(2 * 0.7978845608028654 * (x + 0.044715 * x * x * x));
    case ActivationKind::kGeluQuick:
      return x * sigmoid(1.702 * x);
    case ActivationKind::kRelu:
      return std::fmax(x, 0);
    case ActivationKind::kReluSquared:
      return std::fmax(x, 0) * std::fmax(x, 0);
    case ActivationKind::kSigmoid:
      return sigmoid(x);
    case ActivationKind::kTanh:
      return std::tanh(x);
    case ActivationKind::kSoftplus:
      return std::log1p(std::exp(x));
  }
  return NAN;
}

TEST(Activate, KnownValues) {
  ForEachKernel([](const ElementwiseKernels& kernels) {
    EXPECT_NEAR(One(kernels, ActivationKind::kSilu, 1), 0.7310586f, 1e-6);
    EXPECT_NEAR(One(kernels, ActivationKind::kGelu, 1), 0.8413447f, 1e-6);
    EXPECT_NEAR(One(kernels, ActivationKind::kGeluTanh, 1), 0.8411920f, 1e-6);
    EXPECT_NEAR(One(kernels, ActivationKind::kGeluQuick, 1), 0.8457958f, 1e-6);
    EXPECT_EQ(One(kernels, ActivationKind::kRelu, -2), 0);
    EXPECT_EQ(One(kernels, ActivationKind::kReluSquared, 3), 9);
    EXPECT_NEAR(One(kernels, ActivationKind::kSigmoid, 0), 0.5f, 1e-7);
    EXPECT_NEAR(One(kernels, ActivationKind::kTanh, 0.5f), 0.4621172f, 1e-6);
    EXPECT_NEAR(One(kernels, ActivationKind::kSoftplus, 0), 0.6931472f, 1e-6);
    EXPECT_EQ(One(kernels, ActivationKind::kSoftplus, 100), 100);
  });
}

// Everywhere, to what f32 can tell of x and of the result.
TEST(Activate, FollowsTheFormula) {
  ForEachKernel([](const ElementwiseKernels& kernels) {
    for (int i = 0; i < kKinds; ++i) {
      const auto kind = static_cast<ActivationKind>(i);
      for (float x = -30; x < 30; x += 0.0137f) {
        const double want = Exact(kind, x);
        const double unit = 6e-8 * std::fmax(std::fabs(want), std::fmin(std::fabs(x), 1));
        ASSERT_NEAR(One(kernels, kind, x), want, 8 * unit + 1e-30) << i << " " << x;
      }
      for (const float x : {-1e4f, -300.0f, -1e-3f, -1e-30f, 0.0f, 1e-30f, 1e-3f, 300.0f}) {
        const double want = x > 200 && kind == ActivationKind::kSoftplus ? x : Exact(kind, x);
        ASSERT_NEAR(One(kernels, kind, x), want, 1e-6 * std::fabs(want) + 1e-30) << i << " " << x;
      }
    }
  });
}

TEST(Activate, KeepsNaN) {
  ForEachKernel([](const ElementwiseKernels& kernels) {
    for (int kind = 0; kind < kKinds; ++kind) {
      EXPECT_TRUE(std::isnan(One(kernels, static_cast<ActivationKind>(kind), NAN))) << kind;
    }
  });
}

TEST(Glu, HoldsGateAndUpWithinTheLimit) {
  const float gate[] = {9, -9, NAN, 1}, up[] = {-8, 2, 1, NAN};
  ForEachKernel([&](const ElementwiseKernels& kernels) {
    float out[4];
    kernels.glu({ActivationKind::kGeluQuick, 7, 1, gate, up, out, 4});
    EXPECT_NEAR(out[0], 7 / (1 + std::exp(-1.702 * 7)) * (-7 + 1), 1e-4);
    EXPECT_NEAR(out[1], -9 / (1 + std::exp(1.702 * 9)) * (2 + 1), 1e-9);
    EXPECT_TRUE(std::isnan(out[2]) && std::isnan(out[3]));
  });
}

TEST(Glu, FollowsTheFormula) {
  std::vector<float> gate = RandomFloats(1003, 1, 20.0f);
  gate[0] = -1000;
  gate[1] = 1000;
  gate[2] = 0;
  gate[3] = -87.34f;
  gate[4] = -88.8f;
  const std::vector<float> up = RandomFloats(1003, 2);
  ForEachKernel([&](const ElementwiseKernels& kernels) {
    std::vector<float> got(1003);
    kernels.glu({ActivationKind::kSilu, 0, 0, gate.data(), up.data(), got.data(), 1003});
    for (size_t i = 0; i < 1003; ++i) {
      const double want = Exact(ActivationKind::kSilu, gate[i]) * up[i];
      ASSERT_NEAR(got[i], want, 1e-6 * std::fabs(want) + 1e-30) << gate[i];
    }
  });
}

TEST(Glu, DoesNotDependOnWhereAnElementStands) {
  const std::vector<float> gate = RandomFloats(64, 3), up = RandomFloats(64, 4);
  ForEachKernel([&](const ElementwiseKernels& kernels) {
    for (int i = 0; i < kKinds; ++i) {
      const auto kind = static_cast<ActivationKind>(i);
      std::vector<float> whole(64), parts(64);
      kernels.glu({kind, 0, 0, gate.data(), up.data(), whole.data(), 64});
      for (const auto& [begin, end] : {std::pair<size_t, size_t>{0, 5}, {5, 16}, {16, 64}}) {
        kernels.glu({kind, 0, 0, gate.data() + begin, up.data() + begin, parts.data() + begin,
                     end - begin});
      }
      EXPECT_EQ(whole, parts);
    }
  });
}

TEST(Elementwise, OneElementMeetsAll) {
  const float a[] = {1, 2, 3}, b[] = {10, 20, 30};
  ForEachKernel([&](const ElementwiseKernels& kernels) {
    float out[3];
    kernels.add({a, b, 1, out, 3});
    EXPECT_EQ(std::vector<float>(out, out + 3), (std::vector<float>{11, 22, 33}));
    kernels.multiply({a, b, 0, out, 3});
    EXPECT_EQ(std::vector<float>(out, out + 3), (std::vector<float>{10, 20, 30}));
  });
}

TEST(Elementwise, AllKernelsGiveTheSameBits) {
  const std::vector<float> a = RandomFloats(75, 5, 3.0f), b = RandomFloats(75, 6);
  const ElementwiseKernels& scalar = ElementwiseTable().back();
  ForEachKernel([&](const ElementwiseKernels& kernels) {
    const auto expect_same = [&](const auto& run) {
      std::vector<float> want(75), got(75);
      run(scalar, want.data());
      run(kernels, got.data());
      EXPECT_EQ(got, want);
    };
    using Kernels = ElementwiseKernels;
    expect_same([&](const Kernels& k, float* out) { k.add({a.data(), b.data(), 1, out, 75}); });
    expect_same([&](const Kernels& k, float* out) {
      k.multiply({a.data(), b.data(), 1, out, 75});
    });
    expect_same([&](const Kernels& k, float* out) { k.scale({a.data(), 1.7f, 2.0f, out, 75}); });
    expect_same([&](const Kernels& k, float* out) { k.scale({a.data(), 1.7f, 0.0f, out, 75}); });
    expect_same([&](const Kernels& k, float* out) { k.blend({a.data(), b.data(), 5, out, 15}); });
  });
}

TEST(Blend, WeighsParts) {
  const std::vector<float> x = {1, 2, 3, 10, 20, 30}, weights = {2, -1};
  ForEachKernel([&](const ElementwiseKernels& kernels) {
    std::vector<float> output(3, 99);
    kernels.blend({x.data(), weights.data(), 2, output.data(), 3});
    EXPECT_EQ(output, (std::vector<float>{-8, -16, -24}));
  });
}

}  // namespace
}  // namespace ingle
