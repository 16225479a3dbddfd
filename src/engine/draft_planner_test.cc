#include "engine/draft_planner.h"

#include <algorithm>
#include <functional>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace ingle {
namespace {

// Decodes tokens of a text in which each next one is guessed right with a chance of its own, on a
// machine where steps take as long as `cost` says.
class Decoding {
 public:
  explicit Decoding(std::function<double(size_t tokens)> cost) : cost_(std::move(cost)) {}

  void Run(size_t tokens, double chance, double believed) {
    const std::vector<double> chances(DraftPlanner::kMost, believed);
    for (size_t given = 0; given < tokens;) {
      const size_t guesses = planner_.Choose({chances}, DraftPlanner::kMost).guesses;
      size_t right = 0;
      while (right < guesses && Uniform() < chance) ++right;
      const double seconds = cost_(guesses + 1) * (0.9 + 0.2 * Uniform());
      planner_.Add(guesses, right + 1, seconds, 0);
      seconds_ += seconds;
      guesses_ += guesses;
      given += right + 1;
      tokens_ += right + 1;
    }
  }

  // Of the time that the same tokens take without guesses.
  double RelativeTime() const { return seconds_ / (static_cast<double>(tokens_) * cost_(1)); }
  size_t guesses() const { return guesses_; }
  void SetCost(std::function<double(size_t tokens)> cost) {
    cost_ = std::move(cost);
    seconds_ = 0;
    tokens_ = guesses_ = 0;
  }

 private:
  double Uniform() { return static_cast<double>(random_() >> 11) * 0x1p-53; }

  std::function<double(size_t)> cost_;
  DraftPlanner planner_;
  std::mt19937_64 random_{7};
  double seconds_ = 0;
  size_t tokens_ = 0;
  size_t guesses_ = 0;
};

double Bandwidth(size_t tokens) { return 1 + 0.02 * static_cast<double>(tokens - 1); }
double Arithmetic(size_t tokens) { return static_cast<double>(tokens); }
// As measured on a processor without dot products.
double Mixed(size_t tokens) { return tokens <= 2 ? 1.05 : 0.4 * static_cast<double>(tokens); }

TEST(DraftPlanner, GuessesWhereStepsAreBoundByMemory) {
  Decoding decoding(Bandwidth);
  decoding.Run(400, 0.95, 0.95);
  EXPECT_LT(decoding.RelativeTime(), 0.25);
}

TEST(DraftPlanner, GuessesAsFarAsItPays) {
  Decoding decoding(Mixed);
  decoding.Run(2000, 0.9, 0.9);
  EXPECT_LT(decoding.RelativeTime(), 0.72);
}

TEST(DraftPlanner, FindsOutThatGuessesDoNotPay) {
  Decoding decoding(Arithmetic);
  decoding.Run(1000, 0.95, 0.95);
  EXPECT_LT(decoding.RelativeTime(), 1.02);
}

// Guesses that are believed in and never right cost the allowance, not more.
TEST(DraftPlanner, NeverLosesMuch) {
  for (const auto cost : {Bandwidth, Arithmetic, Mixed}) {
    Decoding decoding(cost);
    decoding.Run(1000, 0, 0.9);
    EXPECT_GT(decoding.guesses(), 0u);
    EXPECT_LT(decoding.RelativeTime(), 1.02);
  }
}

TEST(DraftPlanner, LearnsThatTheMachineHasChanged) {
  Decoding decoding(Arithmetic);
  decoding.Run(2000, 0.9, 0.9);
  decoding.SetCost(Bandwidth);
  decoding.Run(3000, 0.9, 0.9);
  EXPECT_LT(decoding.RelativeTime(), 0.5);
}

TEST(DraftPlanner, HasNoneForUnlikelyTokensAndNoRoom) {
  DraftPlanner planner;
  const std::vector<double> likely(DraftPlanner::kMost, 0.99), unlikely(DraftPlanner::kMost, 0.01);
  EXPECT_EQ(planner.Choose({likely}, 15).guesses, 0u) << "nothing was measured yet";
  planner.Add(0, 1, 1e-3, 0);
  EXPECT_GT(planner.Choose({likely}, 15).guesses, 0u);
  EXPECT_EQ(planner.Choose({likely}, 0).guesses, 0u);
  EXPECT_EQ(planner.Choose({unlikely}, 15).guesses, 0u);
  EXPECT_EQ(planner.Choose({}, 15).guesses, 0u);
  EXPECT_EQ(planner.Choose({likely, 2e-3}, 15).guesses, 0u) << "guessing takes too long";
}

TEST(RunningShare, FollowsWhatHappens) {
  RunningShare share(0.5);
  for (int i = 0; i < 100; ++i) share.Add(true);
  EXPECT_GT(share.share(), 0.95);
  for (int i = 0; i < 100; ++i) share.Add(i % 2 == 0);
  EXPECT_NEAR(share.share(), 0.5, 0.06);
}

}  // namespace
}  // namespace ingle
