#pragma once

#include <stddef.h>

namespace ingle {

// Rotates the first pairs of each of one token's heads by that token's angles; what a head has
// beyond its pairs is copied. output may be x.
struct RopeTask {
  const float* x;  // [heads, head_size]
  float* output;
  size_t heads;
  size_t head_size;
  size_t pairs;          // 2 * pairs <= head_size
  const float* cosines;  // of the angle of each pair, times the magnitude
  const float* sines;
};

}  // namespace ingle
