#include "kernels/route/route.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/kernel_testing.h"

namespace ingle {
namespace {

template <class Body>
void ForEachKernel(const Body& body) {
  for (const RouteKernel& kernel : RouteKernels()) {
    if ((kernel.needs & ~UsableCpuFeatures()) != 0) continue;
    SCOPED_TRACE(kernel.name);
    body(kernel);
  }
}

std::vector<float> Routed(const RouteKernel& kernel, RouteScores scores, bool normalize,
                          const std::vector<float>& bias = {}) {
  const std::vector<float> logits = {0.0f, std::log(3.0f), std::log(2.0f), std::log(2.0f)};
  std::vector<float> output(4), scratch(8);
  kernel.run({logits.data(), bias.empty() ? nullptr : bias.data(), 4, 2, scores, normalize, 2.0f,
              nullptr, output.data(), scratch.data()});
  return output;
}

void ExpectNear(const std::vector<float>& got, const std::vector<float>& want) {
  for (size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(got[i], want[i], 1e-6) << i;
}

TEST(Route, SoftmaxOverAll) {
  ForEachKernel([](const RouteKernel& kernel) {
    ExpectNear(Routed(kernel, RouteScores::kSoftmax, false), {1, 2, 2 * 3 / 8.0f, 2 * 2 / 8.0f});
  });
}

TEST(Route, NormalizedOrOverTheKeptIsTheSame) {
  ForEachKernel([](const RouteKernel& kernel) {
    ExpectNear(Routed(kernel, RouteScores::kSoftmax, true), {1, 2, 2 * 0.6f, 2 * 0.4f});
    ExpectNear(Routed(kernel, RouteScores::kSoftmaxOfTopK, false), {1, 2, 2 * 0.6f, 2 * 0.4f});
  });
}

TEST(Route, ABiasChoosesAndDoesNotWeigh) {
  ForEachKernel([](const RouteKernel& kernel) {
    ExpectNear(Routed(kernel, RouteScores::kSigmoid, false, {9, 0, 0, 0.1f}),
               {0, 3, 2 * 0.5f, 2 * 2 / 3.0f});
  });
}

TEST(Route, EachExpertHasAFactorOfItsOwn) {
  const std::vector<float> logits = {0, std::log(3.0f), 0}, scales = {9, 10, 100};
  ForEachKernel([&](const RouteKernel& kernel) {
    std::vector<float> output(4), scratch(6);
    kernel.run({logits.data(), nullptr, 3, 2, RouteScores::kSoftmax, true, 1, scales.data(),
                output.data(), scratch.data()});
    ExpectNear(output, {1, 0, 0.75f * 10, 0.25f * 9});
  });
}

// Many experts, some of them alike: the same are chosen, in the same order.
TEST(Route, AllKernelsChooseTheSame) {
  constexpr size_t kExperts = 133, kChosen = 9;
  std::vector<float> logits = RandomFloats(kExperts, 1);
  for (const size_t i : {3u, 40u, 41u, 130u, 132u}) logits[i] = 4;
  for (const auto scores :
       {RouteScores::kSoftmax, RouteScores::kSoftmaxOfTopK, RouteScores::kSigmoid}) {
    const auto routed = [&](const RouteKernel& kernel) {
      std::vector<float> output(2 * kChosen), scratch(2 * kExperts);
      kernel.run({logits.data(), nullptr, kExperts, kChosen, scores, false, 1, nullptr,
                  output.data(), scratch.data()});
      return output;
    };
    const std::vector<float> want = routed(RouteKernels().back());
    ForEachKernel([&](const RouteKernel& kernel) { ExpectNear(routed(kernel), want); });
  }
}

TEST(Route, NaNIsAnExpertToo) {
  ForEachKernel([](const RouteKernel& kernel) {
    for (const auto& [logits, want] :
         {std::pair<std::vector<float>, float>{{NAN, 1}, 1}, {{NAN, NAN}, 0}}) {
      std::vector<float> output(2), scratch(4);
      kernel.run({logits.data(), nullptr, 2, 1, RouteScores::kSoftmaxOfTopK, false, 1, nullptr,
                  output.data(), scratch.data()});
      EXPECT_EQ(output[0], want);
    }
  });
}

}  // namespace
}  // namespace ingle
