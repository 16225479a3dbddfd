// How many tokens to guess ahead, from what steps and guesses have been measured to be worth.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ingle {

// How often something turned out right, the latest times counting most.
class RunningShare {
 public:
  // expected: what it counts as before it is known, with the weight of a few times.
  constexpr explicit RunningShare(double expected) : share_(expected) {}

  double share() const { return share_; }
  void Add(bool right);

 private:
  double share_;
  int times_ = 0;
};

// Seconds of a step of a token take `cost(1)`; of one that checks k guesses, `cost(k + 1)`, and it
// gives one token and as many more as guesses are right. Both are measured as they happen, and
// guesses are made where they are expected to take less time a token.
//
// That can err: costs are unknown at first and change, and what was is no promise. So what guesses
// have lost is booked, as is what they gained, and as long as more than a hundredth of all time is
// lost (and a few tokens' time, to begin with) there are none. Not thread-safe.
class DraftPlanner {
 public:
  static constexpr size_t kMost = 15;  // guesses of a step

  // A way of guessing.
  struct Source {
    std::span<const double> chances;  // that each next guess is right if those before it are
    double seconds_per_guess = 0;     // to make it
  };

  struct Choice {
    size_t guesses = 0;            // 0: there is nothing to gain
    double seconds_per_token = 0;  // expected
  };

  // The best number of guesses, at most `most` and the source's.
  Choice Choose(const Source& source, size_t most) const;

  // A step has been made of a token and guesses, which gave so many tokens. guess_seconds: what it
  // took to make the guesses.
  void Add(size_t guesses, size_t tokens, double step_seconds, double guess_seconds);

 private:
  struct Cost {
    double seconds = 0;  // a running mean, begun with the lesser of two
    int times = 0;       // it was measured
    uint64_t at = 0;     // the step that was measured last
  };
  using Costs = std::array<double, kMost + 2>;

  Costs ExpectedCosts() const;
  bool IsKnown(size_t tokens) const;

  std::array<Cost, kMost + 2> costs_{};  // by tokens of a step
  uint64_t steps_ = 0;
  double all_seconds_ = 0;
  double lost_seconds_ = 0;
};

}  // namespace ingle
