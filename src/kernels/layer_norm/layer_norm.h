// Layer normalization: Ba, Kiros and Hinton, arXiv 1607.06450.
#pragma once

#include <cstddef>

namespace ingle {

// output[i] = (input[i] - mean) / sqrt(variance + epsilon) * weight[i] + bias[i], for one row.
// weight and bias may be null: ones and zeros. output may be input.
void LayerNorm(const float* input, const float* weight, const float* bias, float epsilon,
               float* output, size_t columns);

}  // namespace ingle
