#include "engine/draft_planner.h"

#include <algorithm>

namespace ingle {
namespace {

constexpr double kMargin = 0.97;        // of the time without guesses, which they must undercut
constexpr double kLossShare = 0.01;     // of all time
constexpr double kLossSteps = 2;        // of one token, beside
constexpr double kCostWeight = 1. / 8;  // of a new measurement
// What another token adds to a step, in steps, where that was never measured: little, so that it is
// tried.
constexpr double kHopedCost = 0.1;
constexpr uint64_t kPlainEvery = 64;    // steps: one without guesses, to know what it costs
constexpr uint64_t kForgetAfter = 512;  // steps
// Kernels take tokens by twos and fours: what lies between costs as much as the next.
constexpr std::array<size_t, 8> kStepSizes = {2, 3, 4, 5, 6, 8, 12, 16};

}  // namespace

void RunningShare::Add(bool right) {
  ++times_;
  const double weight = std::max(1. / 32, 1. / (times_ + 4));
  share_ += weight * ((right ? 1 : 0) - share_);
}

bool DraftPlanner::IsKnown(size_t tokens) const {
  return costs_[tokens].times > 1 && steps_ - costs_[tokens].at < kForgetAfter;
}

// Of sizes that are not known, what is hoped for after the one before; never less than that.
DraftPlanner::Costs DraftPlanner::ExpectedCosts() const {
  Costs expected{};
  expected[1] = costs_[1].seconds;
  for (size_t tokens = 2; tokens < expected.size(); ++tokens) {
    const double hoped = expected[tokens - 1] + kHopedCost * expected[1];
    expected[tokens] = IsKnown(tokens) ? costs_[tokens].seconds : hoped;
  }
  return expected;
}

DraftPlanner::Choice DraftPlanner::Choose(const Source& source, size_t most) const {
  const double plain = costs_[1].seconds;
  const bool measured = costs_[1].times > 0 && steps_ - costs_[1].at < kPlainEvery;
  const bool affordable = lost_seconds_ <= kLossShare * all_seconds_ + kLossSteps * plain;
  if (!measured || !affordable) return {};

  const Costs costs = ExpectedCosts();
  most = std::min({most, kMost, source.chances.size()});
  Choice best{0, kMargin * plain};
  double reached = 1;  // the chance that all guesses so far are right
  double tokens = 1;   // expected
  size_t guesses = 0;
  for (const size_t size : kStepSizes) {
    if (size > most + 1) break;
    for (; guesses + 1 < size; ++guesses) tokens += reached *= source.chances[guesses];
    const double seconds = costs[size] + static_cast<double>(guesses) * source.seconds_per_guess;
    if (seconds / tokens < best.seconds_per_token) best = {guesses, seconds / tokens};
    // Further sizes are tried one after the other.
    if (!IsKnown(size)) break;
  }
  return best;
}

void DraftPlanner::Add(size_t guesses, size_t tokens, double step_seconds, double guess_seconds) {
  ++steps_;
  Cost& cost = costs_[guesses + 1];
  if (steps_ - cost.at >= kForgetAfter) cost.times = 0;
  // What took long because the processor did something else says nothing about the step.
  if (cost.times > 1) {
    step_seconds = std::min(step_seconds, 2 * cost.seconds);
    cost.seconds += kCostWeight * (step_seconds - cost.seconds);
  } else {
    cost.seconds = cost.times == 0 ? step_seconds : std::min(step_seconds, cost.seconds);
  }
  ++cost.times;
  cost.at = steps_;
  all_seconds_ += step_seconds + guess_seconds;
  if (guesses == 0) return;
  const double saved = static_cast<double>(tokens) * costs_[1].seconds;
  lost_seconds_ = std::max(0., lost_seconds_ + step_seconds + guess_seconds - saved);
}

}  // namespace ingle
