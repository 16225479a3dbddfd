#include "kernels/rms_norm/rms_norm.h"

#include <cmath>

namespace ingle {
namespace {

float SumOfSquares(const float* x, size_t count) {
  constexpr size_t kLanes = 16;
  float lanes[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += x[i + lane] * x[i + lane];
  }
  for (size_t lane = 0; i < count; ++i, ++lane) lanes[lane] += x[i] * x[i];
  float sum = 0;
  for (const float lane : lanes) sum += lane;
  return sum;
}

float MeanSquare(const float* x, size_t count) {
  return SumOfSquares(x, count) / static_cast<float>(count);
}

}  // namespace

void RmsNorm(const float* input, const float* weight, float epsilon, float* output,
             size_t columns) {
  const float mean = MeanSquare(input, columns);
  const float scale = 1.0f / std::sqrt(mean + epsilon);
  if (weight == nullptr) {
    for (size_t i = 0; i < columns; ++i) output[i] = input[i] * scale;
  } else {
    for (size_t i = 0; i < columns; ++i) output[i] = input[i] * scale * weight[i];
  }
}

void Rescale(const float* x, const float* like, float least, float* output, size_t columns) {
  const float mean = MeanSquare(x, columns);
  // Written so that a NaN is kept.
  const float scale = std::sqrt(MeanSquare(like, columns)) / std::sqrt(mean < least ? least : mean);
  for (size_t i = 0; i < columns; ++i) output[i] = x[i] * scale;
}

}  // namespace ingle
