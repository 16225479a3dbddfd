#include "kernels/elementwise/elementwise.h"

#include <cmath>
#include <numbers>

namespace ingle {
namespace {

float Sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

float Apply(ActivationKind kind, float x) {
  switch (kind) {
    case ActivationKind::kSilu:
      return x / (1.0f + std::exp(-x));
    case ActivationKind::kGelu:
      return 0.5f * x * (1.0f + std::erf(x / std::numbers::sqrt2_v<float>));
    case ActivationKind::kGeluTanh: {
      constexpr float kRoot = 0.7978845608028654f;  // sqrt(2 / pi)
      return 0.5f * x * (1.0f + std::tanh(kRoot * (x + 0.044715f * x * x * x)));
    }
    case ActivationKind::kGeluQuick:
      return x * Sigmoid(1.702f * x);
    case ActivationKind::kRelu:
      return x < 0 ? 0.0f : x;  // keeps a NaN
    case ActivationKind::kReluSquared:
      return x < 0 ? 0.0f : x * x;
    case ActivationKind::kSigmoid:
      return Sigmoid(x);
    case ActivationKind::kTanh:
      return std::tanh(x);
    case ActivationKind::kSoftplus:
      return x > 20.0f ? x : std::log1p(std::exp(x));
  }
  return x;
}

float Clamp(float x, float low, float high) { return x < low ? low : (x > high ? high : x); }

}  // namespace

void Activate(ActivationKind kind, const float* x, float* output, size_t count) {
  for (size_t i = 0; i < count; ++i) output[i] = Apply(kind, x[i]);
}

void Glu(const GluTask& task) {
  for (size_t i = 0; i < task.count; ++i) {
    float gate = task.gate[i];
    float up = task.up[i];
    if (task.limit > 0) {
      gate = gate > task.limit ? task.limit : gate;
      up = Clamp(up, -task.limit, task.limit);
    }
    task.output[i] = Apply(task.kind, gate) * (up + task.offset);
  }
}

void Add(const float* a, const float* b, size_t b_step, float* output, size_t count) {
  for (size_t i = 0; i < count; ++i) output[i] = a[i] + b[i * b_step];
}

void Multiply(const float* a, const float* b, size_t b_step, float* output, size_t count) {
  for (size_t i = 0; i < count; ++i) output[i] = a[i] * b[i * b_step];
}

void Scale(const float* x, float factor, float limit, float* output, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const float product = x[i] * factor;
    output[i] = limit > 0 ? Clamp(product, -limit, limit) : product;
  }
}

}  // namespace ingle
