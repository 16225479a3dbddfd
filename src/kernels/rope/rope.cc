#include "kernels/rope/rope.h"

#include <cmath>

namespace ingle {

void ComputeRopeAngles(const float* frequencies, size_t pairs, int position, float magnitude,
                       float* cosines, float* sines) {
  for (size_t i = 0; i < pairs; ++i) {
    // The product in f32, as the models were trained.
    const float angle = static_cast<float>(position) * frequencies[i];
    cosines[i] = std::cos(angle) * magnitude;
    sines[i] = std::sin(angle) * magnitude;
  }
}

void RotateInterleaved(float* head, size_t pairs, const RopeAngles& angles) {
  for (size_t i = 0; i < pairs; ++i) {
    const float x = head[2 * i];
    const float y = head[2 * i + 1];
    head[2 * i] = x * angles.cosines[i] - y * angles.sines[i];
    head[2 * i + 1] = x * angles.sines[i] + y * angles.cosines[i];
  }
}

void RotateHalves(float* head, size_t pairs, const RopeAngles& angles) {
  for (size_t i = 0; i < pairs; ++i) {
    const float x = head[i];
    const float y = head[i + pairs];
    head[i] = x * angles.cosines[i] - y * angles.sines[i];
    head[i + pairs] = x * angles.sines[i] + y * angles.cosines[i];
  }
}

}  // namespace ingle
