// Rows of activations quantized for integer dot products.
//
// Each group of 16 values has a scale: x = scale * q, q in [-127, 127]. Groups of 32 would halve
// the scales and nearly double what rounding costs (KL divergence 0.0025 instead of 0.0014 on the
// default model). Beside it stands the group's sum, scale * sum(q): a block whose values are offset
// (x = d * q + m) needs the sum of the other side, and knowing it beforehand keeps the kernels
// unsigned.
//
// One row is: int8 q[columns]; float scale[columns / 16]; float sum[columns / 16]; padding to 64.
// Plain data: files for any instruction set may include this.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace ingle {

enum { kQ8Group = 16 };

// REQUIRES for all: columns is a multiple of 32.
static inline size_t Q8ScaleOffset(size_t columns) { return columns; }
static inline size_t Q8SumOffset(size_t columns) {
  return columns + columns / kQ8Group * sizeof(float);
}
static inline size_t Q8RowBytes(size_t columns) {
  const size_t bytes = Q8SumOffset(columns) + columns / kQ8Group * sizeof(float);
  return (bytes + 63) / 64 * 64;
}

}  // namespace ingle
