// Rows of activations quantized for integer dot products.
//
// Each group of 32 values has a scale: x = scale * q, q in [-127, 127]. Beside it stand the sums of
// each 16 values, scale * sum(q): a block whose values are offset (x = d * q + m) needs the sum of
// the other side, and knowing it beforehand keeps the kernels unsigned.
//
// One row is: int8 q[columns]; float scale[columns / 32]; float sum[columns / 16]; padding to 64.
// Plain data: files for any instruction set may include this.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace ingle {

enum { kQ8Group = 32, kQ8SumGroup = 16 };

// REQUIRES for all: columns is a multiple of 32.
static inline size_t Q8ScaleOffset(size_t columns) { return columns; }
static inline size_t Q8SumOffset(size_t columns) {
  return columns + columns / kQ8Group * sizeof(float);
}
static inline size_t Q8RowBytes(size_t columns) {
  const size_t bytes = Q8SumOffset(columns) + columns / kQ8SumGroup * sizeof(float);
  return (bytes + 63) / 64 * 64;
}

}  // namespace ingle
