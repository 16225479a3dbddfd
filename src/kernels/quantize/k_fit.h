// The search for a super-block's numbers. A super-block has 256 values in sub-blocks; each
// sub-block has a small integer scale (and min), and all share one or two binary16 factors:
//
//   signed    x = (d * scale) * q                   Q3_K, Q6_K
//   affine    x = (d * scale) * q - dmin * min      Q2_K, Q4_K, Q5_K
//
// All of these are chosen to make the sum of squared errors small. Three steps: each sub-block
// alone with free (float) scales, by least squares over a family of roundings; the shared factors
// from the largest of those; then, a few times, the best integers for the factors and the best
// factors for the integers (both are exact minimisations, so the error falls, until rounding d to
// binary16 stops it).
#pragma once

#include <cstdint>

#include "tensor/blocks.h"

namespace ingle {

struct SignedFit {
  float d = 0;  // a binary16 number
  int8_t scales[kSuperBlock / 16] = {};
  int8_t q[kSuperBlock] = {};
  float error = 0;  // sum of squares
};

// q in [-levels, levels), scales in [-scale_levels, scale_levels), sub-blocks of 16.
SignedFit FitSigned(const float* values, int levels, int scale_levels);

struct AffineFit {
  float d = 0;  // both are binary16 numbers
  float dmin = 0;
  uint8_t scales[kSuperBlock / 16] = {};
  uint8_t mins[kSuperBlock / 16] = {};
  uint8_t q[kSuperBlock] = {};
  float error = 0;
};

// q in [0, levels], scales and mins in [0, scale_levels], sub-blocks of sub_size (16 or 32).
AffineFit FitAffine(const float* values, int sub_size, int levels, int scale_levels);

}  // namespace ingle
