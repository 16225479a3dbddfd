#pragma once

#include <cstddef>

namespace ingle {

// output[t][r] = weights[r] · input[t] + bias[r] + residual[t][r], for r in [row_begin, row_end)
// and every t in [0, tokens).
struct MatMulTask {
  const std::byte* weights;  // rows of blocks of the kernel's weight type
  size_t weight_row_bytes;
  size_t columns;  // of a weight and of an input row

  const std::byte* input;  // rows of f32, or of Q8 (q8_rows.h), as the kernel says; 4-aligned
  size_t input_row_bytes;
  size_t tokens;

  float* output;
  size_t output_stride;   // floats from one token to the next
  const float* bias;      // may be null
  const float* residual;  // may be null, may be output; its stride is output_stride

  size_t row_begin;
  size_t row_end;
  float* scratch;  // columns floats, this worker's own
};

}  // namespace ingle
