#pragma once

#include <cstddef>

#include "kernels/elementwise/elementwise_task.h"

namespace ingle {

// What lets a product pass: glu of it, as the gate, and of another product of the same input.
struct GatedProduct {
  const std::byte* up_weights;  // in the form of the first's
  GluTask glu;                  // but for what it is applied to
  void (*run_glu)(const GluTask&);
  // Null, or where the result goes instead of the output: in tiles of so many columns, of which
  // row 0 is that of the input's.
  std::byte* tiles;
  size_t tile_columns;
};

// output[t][r] = weights[r] · input[t] + bias[r] + residual[t][r], for r in [row_begin, row_end)
// and every t in [0, tokens).
struct MatMulTask {
  const std::byte* weights;  // rows of blocks of the kernel's weight type, or panels of them
  size_t weight_row_bytes;   // of one row, in both
  size_t columns;            // of a weight and of an input row

  const std::byte* input;  // rows of f32, of Q8 (q8_rows.h) or tiles, as the kernel says; 4-aligned
  size_t input_row_bytes;
  size_t tokens;
  // Of input in tiles (bf16_tiles.h) alone, which it is from row 0 on: the first row that counts.
  // Output and residual begin with its. There is one at least.
  size_t first_token;
  // Of input in tiles alone; may be null. Not with a bias or a residual.
  const GatedProduct* gated;

  float* output;
  size_t output_stride;   // floats from one token to the next
  const float* bias;      // may be null
  const float* residual;  // may be null, may be output
  size_t residual_stride;

  size_t row_begin;  // of panels: a multiple of sixteen, as row_end is but for the last row
  size_t row_end;
  float* scratch;  // as many floats as the kernel wants, this worker's own; 64-aligned
};

// What a kernel for panels wants as scratch, whatever the shapes.
constexpr size_t kPanelScratchFloats = 41472;

}  // namespace ingle
