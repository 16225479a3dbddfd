#include "kernels/layer_norm/layer_norm.h"

#include <cmath>

namespace ingle {
namespace {

// The mean of term(x[i]), in sixteen partial sums.
template <class Term>
float Mean(const float* x, size_t count, const Term& term) {
  constexpr size_t kLanes = 16;
  float lanes[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += term(x[i + lane]);
  }
  for (size_t lane = 0; i < count; ++i, ++lane) lanes[lane] += term(x[i]);
  float sum = 0;
  for (const float lane : lanes) sum += lane;
  return sum / static_cast<float>(count);
}

}  // namespace

void LayerNorm(const float* input, const float* weight, const float* bias, float epsilon,
               float* output, size_t columns) {
  const float mean = Mean(input, columns, [](float x) { return x; });
  const float variance = Mean(input, columns, [mean](float x) { return (x - mean) * (x - mean); });
  const float scale = 1.0f / std::sqrt(variance + epsilon);
  for (size_t i = 0; i < columns; ++i) {
    float value = (input[i] - mean) * scale;
    if (weight != nullptr) value *= weight[i];
    if (bias != nullptr) value += bias[i];
    output[i] = value;
  }
}

}  // namespace ingle
