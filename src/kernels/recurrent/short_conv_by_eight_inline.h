// The short convolution: sixty-four columns through all tokens, their weights turned over
// once, so that a tap's weights of eight columns are one vector.
#pragma once

#include "kernels/eight_inline.h"
#include "kernels/recurrent/recurrent_task.h"
#include "kernels/recurrent/scalar.h"

namespace ingle {
namespace {

inline constexpr size_t kColumns = 64;
inline constexpr size_t kMostTaps = 16;  // models have four, or three

using Weights = float[kMostTaps][kColumns];

// Eight columns of four taps each to four taps of eight columns each.
inline void TurnOver(const float* from, Weights& to, size_t at) {
  Floats taps[4];
  TurnFours(from, taps);
  for (size_t k = 0; k < 4; ++k) Put(&to[k][at], taps[k]);
}

inline void LoadWeights(const ShortConvTask& task, size_t begin, size_t width, Weights& weights) {
  const float* from = task.weight + begin * task.taps;
  size_t i = 0;
  if (task.taps == 4) {
    for (; i + 8 <= width; i += 8) TurnOver(from + 4 * i, weights, i);
  }
  for (; i < width; ++i) {
    for (size_t k = 0; k < task.taps; ++k) weights[k][i] = from[i * task.taps + k];
  }
}

// Row `row` of x, counted from the first row of the state.
inline const float* RowAt(const ShortConvTask& task, size_t row) {
  const size_t before = task.taps - 1;
  return row < before ? task.state + row * task.columns : task.x + (row - before) * task.stride;
}

inline void ConvolveToken(const ShortConvTask& task, size_t t, size_t begin, size_t width,
                          const Weights& weights) {
  const float* rows[kMostTaps];
  for (size_t k = 0; k < task.taps; ++k) rows[k] = RowAt(task, t + k) + begin;
  float* out = task.output + t * task.stride + begin;
  for (size_t i = 0; i < width; i += 8) {
    const size_t left = width - i;
    Floats sum = Splat(0);
    for (size_t k = 0; k < task.taps; ++k) {
      sum = Fma(FloatsAt(&weights[k][i]), FirstFloatsAt(rows[k] + i, left), sum);
    }
    if (task.bias != nullptr) sum = Add(sum, FirstFloatsAt(task.bias + begin + i, left));
    PutFirst(out + i, left, sum);
  }
}

// The state becomes the last rows of what it and the tokens were.
inline void Remember(const ShortConvTask& task, size_t begin, size_t width) {
  for (size_t row = 0; row + 1 < task.taps; ++row) {
    const float* from = RowAt(task, row + task.tokens) + begin;
    float* to = task.state + row * task.columns + begin;
    for (size_t i = 0; i < width; ++i) to[i] = from[i];
  }
}

inline void ShortConvByEight(const ShortConvTask& task) {
  if (task.taps > kMostTaps) return ShortConvScalar(task);
  Weights weights = {};
  for (size_t begin = task.column_begin; begin < task.column_end; begin += kColumns) {
    const size_t left = task.column_end - begin;
    const size_t width = left < kColumns ? left : kColumns;
    LoadWeights(task, begin, width, weights);
    for (size_t t = 0; t < task.tokens; ++t) ConvolveToken(task, t, begin, width, weights);
    Remember(task, begin, width);
  }
}

}  // namespace
}  // namespace ingle
