// Rotary position embedding: Su et al., arXiv 2104.09864.
#pragma once

#include <span>

#include "kernels/kernel.h"
#include "kernels/rope/rope_task.h"

namespace ingle {

struct RopeKernels {
  const char* name;
  CpuFeatures needs;
  void (*interleaved)(const RopeTask&);  // pairs 2i and 2i + 1
  void (*halves)(const RopeTask&);       // pairs i and i + pairs
};
std::span<const RopeKernels> RopeTable();

// The angles of one position: cos and sin of position * frequency, each times magnitude.
void ComputeRopeAngles(const float* frequencies, size_t pairs, int position, float magnitude,
                       float* cosines, float* sines);

}  // namespace ingle
