#pragma once

#include <stddef.h>

namespace ingle {

// output[i] = input[i] / sqrt(mean(input²) + epsilon) * weight[i], for one row. weight may be null:
// ones. output may be input.
struct RmsNormTask {
  const float* input;
  const float* weight;
  float epsilon;
  float* output;
  size_t columns;
};

// output = x * rms(like) / sqrt(max(mean(x²), least)), for one row; rms is the root of the mean
// square. output may be x.
struct RescaleTask {
  const float* x;
  const float* like;
  float least;
  float* output;
  size_t columns;
};

}  // namespace ingle
