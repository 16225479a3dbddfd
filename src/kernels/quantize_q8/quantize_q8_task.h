#pragma once

#include <cstddef>

namespace ingle {

// The multiplier of a block's largest sixteen columns. Products by it still fit 24 bits.
constexpr float kQ8MostUnits = 64;

// A block whose magnitudes are all below this becomes zeros: from here on 127 * 64 divided by the
// largest is a number, and its unit no denormal.
constexpr float kQ8Least = 1e-34f;

// Quantizes a row of f32 into a Q8 row (q8_rows.h).
struct QuantizeQ8Task {
  const float* input;  // columns floats
  std::byte* output;   // 4-aligned
  size_t columns;      // a multiple of 32
};

}  // namespace ingle
