#pragma once

#include <stddef.h>

namespace ingle {

// output[i] = max(0, x[i] - (mean(x) + deviations * deviation(x))); the deviation is the standard
// deviation of the population. Where x is normally distributed, a fixed share of it is not 0.
// output may be x.
struct SparsifyTask {
  const float* x;
  float deviations;
  float* output;
  size_t count;
};

}  // namespace ingle
