#include "kernels/route/route.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace ingle {
namespace {

std::vector<float> Routed(RouteScores scores, bool normalize, const std::vector<float>& bias = {}) {
  const std::vector<float> logits = {0.0f, std::log(3.0f), std::log(2.0f), std::log(2.0f)};
  std::vector<float> output(4), scratch(8);
  Route({logits.data(), bias.empty() ? nullptr : bias.data(), 4, 2, scores, normalize, 2.0f,
         nullptr, output.data(), scratch.data()});
  return output;
}

void ExpectNear(const std::vector<float>& got, const std::vector<float>& want) {
  for (size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(got[i], want[i], 1e-6) << i;
}

TEST(Route, SoftmaxOverAll) {
  ExpectNear(Routed(RouteScores::kSoftmax, false), {1, 2, 2 * 3 / 8.0f, 2 * 2 / 8.0f});
}

TEST(Route, NormalizedOrOverTheKeptIsTheSame) {
  ExpectNear(Routed(RouteScores::kSoftmax, true), {1, 2, 2 * 0.6f, 2 * 0.4f});
  ExpectNear(Routed(RouteScores::kSoftmaxOfTopK, false), {1, 2, 2 * 0.6f, 2 * 0.4f});
}

TEST(Route, ABiasChoosesAndDoesNotWeigh) {
  ExpectNear(Routed(RouteScores::kSigmoid, false, {9, 0, 0, 0.1f}), {0, 3, 2 * 0.5f, 2 * 2 / 3.0f});
}

TEST(Route, EachExpertHasAFactorOfItsOwn) {
  const std::vector<float> logits = {0, std::log(3.0f), 0}, scales = {9, 10, 100};
  std::vector<float> output(4), scratch(6);
  Route({logits.data(), nullptr, 3, 2, RouteScores::kSoftmax, true, 1, scales.data(), output.data(),
         scratch.data()});
  ExpectNear(output, {1, 0, 0.75f * 10, 0.25f * 9});
}

TEST(Route, NaNIsAnExpertToo) {
  const std::vector<float> logits = {NAN, 1};
  std::vector<float> output(2), scratch(4);
  Route({logits.data(), nullptr, 2, 1, RouteScores::kSoftmaxOfTopK, false, 1, nullptr,
         output.data(), scratch.data()});
  EXPECT_EQ(output[0], 1);
}

}  // namespace
}  // namespace ingle
