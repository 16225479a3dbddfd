#include "kernels/recurrent/scalar.h"

namespace ingle {
namespace {

// The convolution of column c at token t, whose earlier rows are in the state.
float Convolve(const ShortConvTask& task, size_t t, size_t c) {
  const float* weight = task.weight + c * task.taps;
  float sum = 0;
  for (size_t k = 0; k < task.taps; ++k) {
    const size_t row = t + k;  // counted from the first row of the state
    const bool earlier = row < task.taps - 1;
    const float x = earlier ? task.state[row * task.columns + c]
                            : task.x[(row - (task.taps - 1)) * task.stride + c];
    sum += weight[k] * x;
  }
  return task.bias == nullptr ? sum : sum + task.bias[c];
}

}  // namespace

void ShortConvScalar(const ShortConvTask& task) {
  for (size_t t = 0; t < task.tokens; ++t) {
    for (size_t c = task.column_begin; c < task.column_end; ++c) {
      task.output[t * task.stride + c] = Convolve(task, t, c);
    }
  }
  for (size_t row = 0; row + 1 < task.taps; ++row) {
    const size_t from = row + task.tokens;  // counted likewise
    for (size_t c = task.column_begin; c < task.column_end; ++c) {
      const bool earlier = from < task.taps - 1;
      task.state[row * task.columns + c] = earlier
                                               ? task.state[from * task.columns + c]
                                               : task.x[(from - (task.taps - 1)) * task.stride + c];
    }
  }
}

}  // namespace ingle
