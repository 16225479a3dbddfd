#pragma once

#include <stddef.h>

namespace ingle {

// output[i] = (input[i] - mean) / sqrt(variance + epsilon) * weight[i] + bias[i], for one row.
// weight and bias may be null: ones and zeros. output may be input.
struct LayerNormTask {
  const float* input;
  const float* weight;
  const float* bias;
  float epsilon;
  float* output;
  size_t columns;
};

}  // namespace ingle
