#pragma once

#include <cstddef>
#include <cstdint>

namespace ingle {

// Multiply-adds with nothing around them.
struct PeakTask {
  size_t rounds;
  int8_t left, right;  // what is multiplied, all the time; at most 15 and 127
  double* sum;         // of all products: rounds * products_per_round * left * right, to check
};

// Reading, with nothing around it. The answer is the sum of the words, without carries into more
// than 64 bits. Memory is asked for some way ahead of its use, as products of matrices do: they
// would be faster than what trusts in the processor to foresee it.
struct ReadTask {
  const uint64_t* words;  // aligned to 64 bytes
  size_t count;           // a multiple of 64
  size_t ahead;           // in bytes, a multiple of 64
  uint64_t* sum;
};

}  // namespace ingle
