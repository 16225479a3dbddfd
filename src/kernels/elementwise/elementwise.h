// Arithmetic that meets each element alone. For all of these, output may be an input, and work may
// be split anywhere: an element is computed in the same way wherever it stands.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ingle {

// graph/graph.h's Activation has the same members in the same order; kernels know no graph.
enum class ActivationKind : uint8_t {
  kSilu,
  kGelu,
  kGeluTanh,
  kGeluQuick,
  kRelu,
  kReluSquared,
  kSigmoid,
  kTanh,
  kSoftplus,
};

void Activate(ActivationKind kind, const float* x, float* output, size_t count);

// output = activation(gate) * (up + offset). limit, unless 0: gate is at most that, up within it.
struct GluTask {
  ActivationKind kind;
  float limit;
  float offset;
  const float* gate;
  const float* up;
  float* output;
  size_t count;
};
void Glu(const GluTask& task);

// b_step: 1, or 0 where one element of b meets all of a.
void Add(const float* a, const float* b, size_t b_step, float* output, size_t count);
void Multiply(const float* a, const float* b, size_t b_step, float* output, size_t count);

// output = x * factor; limit, unless 0: held within ±limit.
void Scale(const float* x, float factor, float limit, float* output, size_t count);

}  // namespace ingle
