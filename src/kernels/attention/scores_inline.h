// What becomes of scores before their softmax, in vectors of any length.
#pragma once

#include "kernels/attention/attention_task.h"
#include "kernels/eight_inline.h"

namespace ingle {
namespace {

inline void SoftenScores(float softcap, float* scores, const SeenRange& seen) {
  const Floats cap = Splat(softcap);
  const Floats twice = Splat(2 / softcap);
  const Floats one = Splat(1);
  for (size_t i = seen.first / kLanes * kLanes; i < seen.last; i += kLanes) {
    // tanh(x) = 1 - 2 / (exp(2 x) + 1)
    const Floats e = Exp(Mul(FloatsAt(scores + i), twice));
    const Floats rest = Div(Splat(2), Add(e, one));
    Put(scores + i, Mul(cap, Sub(one, rest)));
  }
}

// Everything that turns a row's products into its scores.
inline void AdjustScores(const AttentionTask& task, size_t row, float* scores,
                         const SeenRange& seen) {
  if (task.softcap != 0) SoftenScores(task.softcap, scores, seen);
  if (!HasAttentionBias(task)) return;
  for (size_t i = seen.first; i < seen.last; ++i) {
    scores[i] +=
        AttentionBias(task, row / task.group, row % task.group, task.chunk * kAttentionChunk + i);
  }
}

}  // namespace
}  // namespace ingle
