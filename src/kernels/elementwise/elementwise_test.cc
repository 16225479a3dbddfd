#include "kernels/elementwise/elementwise.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace ingle {
namespace {

float One(ActivationKind kind, float x) {
  float out;
  Activate(kind, &x, &out, 1);
  return out;
}

TEST(Activate, KnownValues) {
  EXPECT_NEAR(One(ActivationKind::kSilu, 1), 0.7310586f, 1e-6);
  EXPECT_NEAR(One(ActivationKind::kGelu, 1), 0.8413447f, 1e-6);
  EXPECT_NEAR(One(ActivationKind::kGeluTanh, 1), 0.8411920f, 1e-6);
  EXPECT_NEAR(One(ActivationKind::kGeluQuick, 1), 0.8457958f, 1e-6);
  EXPECT_EQ(One(ActivationKind::kRelu, -2), 0);
  EXPECT_EQ(One(ActivationKind::kReluSquared, 3), 9);
  EXPECT_NEAR(One(ActivationKind::kSigmoid, 0), 0.5f, 1e-7);
  EXPECT_NEAR(One(ActivationKind::kTanh, 0.5f), 0.4621172f, 1e-6);
  EXPECT_NEAR(One(ActivationKind::kSoftplus, 0), 0.6931472f, 1e-6);
  EXPECT_EQ(One(ActivationKind::kSoftplus, 100), 100);
}

TEST(Activate, KeepsNaN) {
  for (int kind = 0; kind <= static_cast<int>(ActivationKind::kSoftplus); ++kind) {
    EXPECT_TRUE(std::isnan(One(static_cast<ActivationKind>(kind), NAN))) << kind;
  }
}

TEST(Glu, HoldsGateAndUpWithinTheLimit) {
  const float gate[] = {9, -9}, up[] = {-8, 2};
  float out[2];
  Glu({ActivationKind::kGeluQuick, 7, 1, gate, up, out, 2});
  EXPECT_NEAR(out[0], 7 / (1 + std::exp(-1.702 * 7)) * (-7 + 1), 1e-4);
  EXPECT_NEAR(out[1], -9 / (1 + std::exp(1.702 * 9)) * (2 + 1), 1e-9);
}

TEST(Elementwise, OneElementMeetsAll) {
  const float a[] = {1, 2, 3}, b[] = {10, 20, 30};
  float out[3];
  Add(a, b, 1, out, 3);
  EXPECT_EQ(std::vector<float>(out, out + 3), (std::vector<float>{11, 22, 33}));
  Multiply(a, b, 0, out, 3);
  EXPECT_EQ(std::vector<float>(out, out + 3), (std::vector<float>{10, 20, 30}));
}

}  // namespace
}  // namespace ingle
