// How long a worker looks for another one at a barrier before it gives its processor away.
//
// Barriers are mostly short, and a spin that outlasts them avoids the kernel. But a spin in vain
// says that the one waited for has no processor, and this one may be what it lacks: two programs
// that have a worker for each processor would wait for each other most of the time. So the next
// spins are half as long, and each that was worth it makes them a little longer.
#pragma once

#include <algorithm>
#include <chrono>

namespace ingle {

inline constexpr std::chrono::microseconds kLongestSpin{200};

// A value type; one thread's.
class SpinTime {
 public:
  std::chrono::nanoseconds now() const { return now_; }

  void WasWorthIt() { now_ = std::min<std::chrono::nanoseconds>(now_ + kLonger, kLongestSpin); }
  void WasInVain() { now_ = std::max<std::chrono::nanoseconds>(now_ / 2, kShortestSpin); }

 private:
  static constexpr std::chrono::microseconds kShortestSpin{1};
  static constexpr std::chrono::microseconds kLonger{4};

  std::chrono::nanoseconds now_ = kLongestSpin;
};

}  // namespace ingle
