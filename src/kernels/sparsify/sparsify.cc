#include "kernels/sparsify/sparsify.h"

#include <cmath>

namespace ingle {

void Sparsify(const float* x, float deviations, float* output, size_t count) {
  const auto n = static_cast<double>(count);
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += x[i];
  const double mean = sum / n;
  double squares = 0;
  for (size_t i = 0; i < count; ++i) squares += (x[i] - mean) * (x[i] - mean);
  const auto cut = static_cast<float>(mean + deviations * std::sqrt(squares / n));
  for (size_t i = 0; i < count; ++i) {
    const float above = x[i] - cut;
    output[i] = above < 0 ? 0.0f : above;  // keeps a NaN
  }
}

}  // namespace ingle
