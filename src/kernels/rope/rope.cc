#include "kernels/rope/rope.h"

#include <algorithm>
#include <cmath>

#include "kernels/rope/arm_neon.h"
#include "kernels/rope/x86_avx2.h"

namespace ingle {
namespace {

// Pair i is the elements i * step and i * step + apart of a head.
void Rotate(const RopeTask& task, size_t step, size_t apart) {
  for (size_t head = 0; head < task.heads; ++head) {
    const float* x = task.x + head * task.head_size;
    float* out = task.output + head * task.head_size;
    for (size_t i = 0; i < task.pairs; ++i) {
      const float a = x[i * step];
      const float b = x[i * step + apart];
      out[i * step] = a * task.cosines[i] - b * task.sines[i];
      out[i * step + apart] = a * task.sines[i] + b * task.cosines[i];
    }
    if (out != x) std::copy(x + 2 * task.pairs, x + task.head_size, out + 2 * task.pairs);
  }
}

void InterleavedScalar(const RopeTask& task) { Rotate(task, 2, 1); }
void HalvesScalar(const RopeTask& task) { Rotate(task, 1, task.pairs); }

constexpr RopeKernels kTable[] = {
#if defined(__x86_64__)
    {"avx2", kCpuAvx2, RopeInterleavedAvx2, RopeHalvesAvx2},
#elif defined(__aarch64__)
    {"neon", kCpuNeon, RopeInterleavedNeon, RopeHalvesNeon},
#endif
    {"scalar", 0, InterleavedScalar, HalvesScalar},
};

}  // namespace

std::span<const RopeKernels> RopeTable() { return kTable; }

void ComputeRopeAngles(const float* frequencies, size_t pairs, int position, float magnitude,
                       float* cosines, float* sines) {
  for (size_t i = 0; i < pairs; ++i) {
    // The product in f32, as the models were trained.
    const float angle = static_cast<float>(position) * frequencies[i];
    cosines[i] = std::cos(angle) * magnitude;
    sines[i] = std::sin(angle) * magnitude;
  }
}

}  // namespace ingle
