#include "kernels/elementwise/elementwise.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/elementwise/arm_neon.h"
#include "kernels/elementwise/x86_avx2.h"
#include "kernels/elementwise/x86_avx512.h"

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

void ActivateScalar(const ActivateTask& task) {
  for (size_t i = 0; i < task.count; ++i) task.output[i] = Apply(task.kind, task.x[i]);
}

void GluScalar(const GluTask& task) {
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

void AddScalar(const BinaryTask& task) {
  for (size_t i = 0; i < task.count; ++i) task.output[i] = task.a[i] + task.b[i * task.b_step];
}

void MultiplyScalar(const BinaryTask& task) {
  for (size_t i = 0; i < task.count; ++i) task.output[i] = task.a[i] * task.b[i * task.b_step];
}

void ScaleScalar(const ScaleTask& task) {
  for (size_t i = 0; i < task.count; ++i) {
    const float product = task.x[i] * task.factor;
    task.output[i] = task.limit > 0 ? Clamp(product, -task.limit, task.limit) : product;
  }
}

void BlendScalar(const BlendTask& task) {
  std::fill_n(task.output, task.width, 0.0f);
  for (size_t j = 0; j < task.parts; ++j) {
    const float* part = task.x + j * task.width;
    for (size_t i = 0; i < task.width; ++i) task.output[i] += task.weights[j] * part[i];
  }
}

constexpr ElementwiseKernels kTable[] = {
#if defined(__x86_64__)
    {"avx512", kCpuAvx512Vnni, ActivateAvx512, GluAvx512, AddAvx512, MultiplyAvx512, ScaleAvx512,
     BlendAvx512},
    {"avx2", kCpuAvx2, ActivateAvx2, GluAvx2, AddAvx2, MultiplyAvx2, ScaleAvx2, BlendAvx2},
#elif defined(__aarch64__)
    {"neon", kCpuNeon, ActivateNeon, GluNeon, AddNeon, MultiplyNeon, ScaleNeon, BlendNeon},
#endif
    {"scalar", 0, ActivateScalar, GluScalar, AddScalar, MultiplyScalar, ScaleScalar, BlendScalar},
};

}  // namespace

std::span<const ElementwiseKernels> ElementwiseTable() { return kTable; }

}  // namespace ingle
