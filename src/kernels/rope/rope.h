// Rotary position embedding: Su et al., arXiv 2104.09864.
#pragma once

#include <cstddef>

namespace ingle {

struct RopeAngles {
  const float* cosines;  // one a pair, times the magnitude
  const float* sines;
};

// The angles of one position: cos and sin of position * frequency, each times magnitude.
void ComputeRopeAngles(const float* frequencies, size_t pairs, int position, float magnitude,
                       float* cosines, float* sines);

// Rotates the pairs (2i, 2i + 1) of one head in place.
void RotateInterleaved(float* head, size_t pairs, const RopeAngles& angles);

// Rotates the pairs (i, i + pairs) of one head in place.
void RotateHalves(float* head, size_t pairs, const RopeAngles& angles);

}  // namespace ingle
