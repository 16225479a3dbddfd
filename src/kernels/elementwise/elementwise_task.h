#pragma once

#include <stddef.h>
#include <stdint.h>

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

// In each of these, output may be an input.

struct ActivateTask {
  ActivationKind kind;
  const float* x;
  float* output;
  size_t count;
};

// output = activation(gate) * (up + offset): Shazeer, arXiv 2002.05202. limit, unless 0: gate is at
// most that, up within it.
struct GluTask {
  ActivationKind kind;
  float limit;
  float offset;
  const float* gate;
  const float* up;
  float* output;
  size_t count;
};

// output = a + b or a * b. b_step: 1, or 0 where one element of b meets all of a.
struct BinaryTask {
  const float* a;
  const float* b;
  size_t b_step;
  float* output;
  size_t count;
};

// output = x * factor; limit, unless 0: held within ±limit.
struct ScaleTask {
  const float* x;
  float factor;
  float limit;
  float* output;
  size_t count;
};

// output = Σ weights[j] * part j, in the order of j; part j is x[j * width ...]. output is not x.
struct BlendTask {
  const float* x;
  const float* weights;
  size_t parts;
  float* output;
  size_t width;
};

}  // namespace ingle
