#pragma once

#include <cstddef>

namespace ingle {

// Rounds a row of f32 to BF16, and lays it into its tiles (bf16_tiles.h).
struct RoundBf16Task {
  const float* input;  // columns floats
  std::byte* output;   // where the row begins; 64-aligned
  size_t columns;      // a multiple of 32
};

}  // namespace ingle
