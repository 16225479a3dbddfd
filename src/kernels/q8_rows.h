// Rows of activations quantized for integer dot products.
//
// Columns come in blocks of 256, the last perhaps shorter. A block has a unit, and each 16 of its
// columns a multiplier, a whole number from 1 to 64: x = unit * multiplier * q, q in [-127, 127].
// So a scale for every 16 columns, without which rounding costs nearly twice as much, is applied
// in whole numbers, before anything is rounded, and a float counts for 256 columns. Multipliers
// are rounded up, which adds to the step of 16 columns a 64th of the block's largest step at most.
//
// Beside them stands the sum of each 16 columns, unit * multiplier * sum(q): a block whose values
// are offset (x = d * q + m) needs the sum of the other side, and knowing it beforehand keeps the
// kernels unsigned. Where 32 columns share an offset their sum is wanted, so that stands there too:
// with several tokens its addition would be a tenth of a kernel's time.
//
// Where codes of weights are counted from 8, the product of 32 columns is made smaller by 8 times
// the sum of multiplier * q, a whole number below 2^22, so that this is exact: it is there,
// negated.
//
// One row is: int8 q[columns]; float multiplier[columns / 16]; the same as int16
// pair[columns / 16][2], twice each, for instructions that multiply pairs of int16;
// float sum[columns / 16]; float pair_sum[columns / 32], of two neighbours of them;
// float centre[columns / 32], what is exact; float unit[columns / 256, rounded up]; padding to 64.
// Where a block has what is not a number, its unit, sums and centres are NaN.
// Plain data: files for any instruction set may include this.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace ingle {

enum { kQ8Group = 16, kQ8Block = 256 };

// REQUIRES for all: columns is a multiple of 32.
static inline size_t Q8MultiplierOffset(size_t columns) { return columns; }
static inline size_t Q8PairOffset(size_t columns) {
  return Q8MultiplierOffset(columns) + columns / kQ8Group * sizeof(float);
}
static inline size_t Q8SumOffset(size_t columns) {
  return Q8PairOffset(columns) + columns / kQ8Group * sizeof(int32_t);
}
static inline size_t Q8PairSumOffset(size_t columns) {
  return Q8SumOffset(columns) + columns / kQ8Group * sizeof(float);
}
static inline size_t Q8CentreOffset(size_t columns) {
  return Q8PairSumOffset(columns) + columns / (2 * kQ8Group) * sizeof(float);
}
static inline size_t Q8UnitOffset(size_t columns) {
  return Q8CentreOffset(columns) + columns / (2 * kQ8Group) * sizeof(float);
}
static inline size_t Q8RowBytes(size_t columns) {
  const size_t blocks = (columns + kQ8Block - 1) / kQ8Block;
  return (Q8UnitOffset(columns) + blocks * sizeof(float) + 63) / 64 * 64;
}

}  // namespace ingle
