// The machine that is measured, and what it can do at most.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace ingle {

struct Limits {
  double read_bytes = 0;  // a second, of memory
  double int8 = 0;        // operations a second: a multiply-add is two
  double f32 = 0;
};

struct MachineLimits {
  int threads = 1;  // of `all`
  Limits one, all;  // of one thread, of that many together
  std::string int8_kernel, f32_kernel;
};

// The best of some tries, about two seconds for both. What is read is `bytes` long, again and
// again: as much as a token reads, so that a cache which holds a model counts for it. Fails with
// kOutOfMemory.
Result<MachineLimits> MeasureLimits(int threads, uint64_t bytes);

// Measures all once more, and keeps what was quicker: where others use the machine, it gives more
// at one time than at another, and tests that ran meanwhile are held against the most. Without
// memory for it, what was measured stays.
void MeasureLimitsAgain(uint64_t bytes, MachineLimits& limits);

}  // namespace ingle
