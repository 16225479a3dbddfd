#pragma once

#include <algorithm>
#include <cstdint>

#include "base/worker_pool.h"

namespace ingle {

// How a chain of steps is divided. Workers take parts as they come: who is slower, or is kept from
// working by another process, has fewer. Each part costs something to take and to start reading,
// and whoever is done first waits for the last: so parts are few and become smaller.
class ChainParts {
 public:
  ChainParts(uint64_t bytes, int workers)
      : workers_(workers), one_each_(workers == 1 || bytes / kLeastBytes < TotalUnits()) {}

  // Whether each worker has one part, all of the same size.
  bool one_each() const { return one_each_; }
  int count() const { return kRounds * workers_; }

  // Of the first round, a part a worker, half of the chain; of each round that follows, half of
  // what is left, until the last takes as much as the one before.
  WorkPart At(int part) const {
    const int round = part / workers_;
    const int units = std::max(kUnits >> (round + 1), 1);
    const int before = kUnits - (kUnits >> round);
    const int begin = before * workers_ + part % workers_ * units;
    return {begin, begin + units, static_cast<int>(TotalUnits())};
  }

 private:
  static constexpr int kRounds = 5;
  static constexpr int kUnits = 1 << (kRounds - 1);            // a worker
  static constexpr uint64_t kLeastBytes = uint64_t{16} << 10;  // of a unit

  uint64_t TotalUnits() const {
    return static_cast<uint64_t>(kUnits) * static_cast<uint64_t>(workers_);
  }

  int workers_;
  bool one_each_;
};

}  // namespace ingle
