#pragma once

#include <cstddef>

namespace ingle {

// A group whose magnitudes are all below this becomes zeros: 127 divided by it is still a number.
static constexpr float kQ8Least = 1e-36f;

// Quantizes the groups [group_begin, group_end) of a row of f32 into a Q8 row (q8_rows.h).
struct QuantizeQ8Task {
  const float* input;  // columns floats
  std::byte* output;   // the row's beginning, 4-aligned
  size_t columns;      // a multiple of 32
  size_t group_begin;
  size_t group_end;
};

}  // namespace ingle
