// Operations that carry a state through the tokens of a sequence: what the devices share.
#pragma once

#include <array>

#include "graph/graph.h"
#include "kernels/kernel_set.h"

namespace ingle {

// A sequence's part of a step. Rows of values begin at its first token and lie stride floats apart.
struct RecurrenceTask {
  struct Rows {
    const float* data = nullptr;  // null where absent; a weight's elements
    uint64_t stride = 0;
  };

  const RecurrentKernels& kernels;
  Op op;
  const RecurrentAttributes& attributes;
  std::array<Rows, 7> inputs{};
  float* output = nullptr;
  uint64_t output_stride = 0;
  float* state = nullptr;
  uint64_t tokens = 0;
  // Of heads; of kShortConv, columns. Who computes which does not matter.
  uint64_t begin = 0;
  uint64_t end = 0;
};

bool IsRecurrence(Op op);

// REQUIRES: IsRecurrence.
void ComputeRecurrence(const RecurrenceTask& task);

}  // namespace ingle
