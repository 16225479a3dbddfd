#include "kernels/sparsify/sparsify.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace ingle {
namespace {

TEST(Sparsify, KeepsWhatStandsOut) {
  std::vector<float> x = {0, 0, 0, 8};  // mean 2, deviation √12
  Sparsify(x.data(), 1, x.data(), 4);
  EXPECT_EQ(x[0], 0);
  EXPECT_EQ(x[2], 0);
  EXPECT_NEAR(x[3], 8 - (2 + std::sqrt(12.0f)), 1e-6);
}

TEST(Sparsify, KeepsNaN) {
  std::vector<float> x = {1, NAN, 2};
  Sparsify(x.data(), 0, x.data(), 3);
  EXPECT_TRUE(std::isnan(x[0]) && std::isnan(x[1]));
}

}  // namespace
}  // namespace ingle
