// Rotations: eight pairs at a time, a head's last ones as the scalar kernel does. No fma, so
// the bits are those of the scalar kernel too.
#pragma once

#include "kernels/eight_inline.h"
#include "kernels/rope/rope_task.h"

namespace ingle {
namespace {

inline Pairs Turn(Pairs x, Floats cosines, Floats sines) {
  return {Sub(Mul(x.a, cosines), Mul(x.b, sines)), Add(Mul(x.a, sines), Mul(x.b, cosines))};
}

inline void TurnOne(const float* x, float* out, size_t a, size_t b, float cosine, float sine) {
  const float xa = x[a];
  const float xb = x[b];
  out[a] = xa * cosine - xb * sine;
  out[b] = xa * sine + xb * cosine;
}

inline void CopyBeyond(const RopeTask& task, const float* x, float* out) {
  if (out == x) return;
  for (size_t i = 2 * task.pairs; i < task.head_size; ++i) out[i] = x[i];
}

inline void RopeInterleavedByEight(const RopeTask& task) {
  for (size_t head = 0; head < task.heads; ++head) {
    const float* x = task.x + head * task.head_size;
    float* out = task.output + head * task.head_size;
    size_t i = 0;
    for (; i + 8 <= task.pairs; i += 8) {
      PutPairs(out + 2 * i, Turn(PairsAt(x + 2 * i), InPairOrder(task.cosines + i),
                                 InPairOrder(task.sines + i)));
    }
    for (; i < task.pairs; ++i) {
      TurnOne(x, out, 2 * i, 2 * i + 1, task.cosines[i], task.sines[i]);
    }
    CopyBeyond(task, x, out);
  }
}

inline void RopeHalvesByEight(const RopeTask& task) {
  for (size_t head = 0; head < task.heads; ++head) {
    const float* x = task.x + head * task.head_size;
    float* out = task.output + head * task.head_size;
    size_t i = 0;
    for (; i + 8 <= task.pairs; i += 8) {
      const Pairs turned = Turn({FloatsAt(x + i), FloatsAt(x + task.pairs + i)},
                                FloatsAt(task.cosines + i), FloatsAt(task.sines + i));
      Put(out + i, turned.a);
      Put(out + task.pairs + i, turned.b);
    }
    for (; i < task.pairs; ++i) {
      TurnOne(x, out, i, task.pairs + i, task.cosines[i], task.sines[i]);
    }
    CopyBeyond(task, x, out);
  }
}

}  // namespace
}  // namespace ingle
