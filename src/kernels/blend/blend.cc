#include "kernels/blend/blend.h"

#include <algorithm>

namespace ingle {

void Blend(const float* x, const float* weights, size_t parts, float* output, size_t width) {
  std::fill_n(output, width, 0.0f);
  for (size_t j = 0; j < parts; ++j) {
    for (size_t i = 0; i < width; ++i) output[i] += weights[j] * x[j * width + i];
  }
}

}  // namespace ingle
