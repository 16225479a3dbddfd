// Mamba-2's selective scan. Some rows of a head's state go through some tokens while they are
// in the first-level cache; a row's sum is in eight lanes, whatever its neighbours are.
#pragma once

#include "kernels/eight_inline.h"
#include "kernels/recurrent/recurrent_task.h"

namespace ingle {
namespace {

inline constexpr size_t kScanTokens = 32;

// What a head's tokens share among the rows of the state.
struct Steps {
  float dt[kScanTokens];
  float keep[kScanTokens];  // exp(dt * a)
};

inline void ComputeSteps(const SelectiveScanTask& task, size_t first, size_t tokens, size_t h,
                         Steps& steps) {
  const Floats low = Splat(task.dt_low);
  const Floats high = Splat(task.dt_high);
  const Floats a = Splat(task.a[h]);
  float raw[kScanTokens] = {};
  for (size_t t = 0; t < tokens; ++t) {
    raw[t] = task.dt[(first + t) * task.dt_stride + h] + task.dt_bias[h];
  }
  for (size_t t = 0; t < tokens; t += 8) {
    const Floats dt = Min(high, Max(low, SoftplusOf(FloatsAt(raw + t))));
    Put(steps.dt + t, dt);
    Put(steps.keep + t, Exp(Mul(dt, a)));
  }
}

// Rows [row, row + kRows) of the head's state through one token.
template <size_t kRows>
inline void ScanRows(const SelectiveScanTask& task, size_t t, size_t h, size_t row, float dt,
                     float keep) {
  const size_t group = h / (task.heads / task.groups);
  const float* x = task.x + t * task.x_stride + h * task.value_size + row;
  const float* b = task.b + t * task.b_stride + group * task.key_size;
  const float* c = task.c + t * task.c_stride + group * task.key_size;
  float* state = task.state + (h * task.value_size + row) * task.key_size;

  const Floats kept = Splat(keep);
  Floats in[kRows];
  Floats sums[kRows];
  for (size_t r = 0; r < kRows; ++r) {
    in[r] = Splat(dt * x[r]);
    sums[r] = Splat(0);
  }
  const auto step = [&](size_t n, auto load, auto store) {
    const Floats bs = load(b + n);
    const Floats cs = load(c + n);
    for (size_t r = 0; r < kRows; ++r) {
      float* at = state + r * task.key_size + n;
      const Floats s = Fma(in[r], bs, Mul(load(at), kept));
      store(at, s);
      sums[r] = Fma(s, cs, sums[r]);
    }
  };
  size_t n = 0;
  for (; n + 8 <= task.key_size; n += 8) {
    step(
        n, [](const float* p) { return FloatsAt(p); }, [](float* p, Floats v) { Put(p, v); });
  }
  if (const size_t left = task.key_size - n; left > 0) {
    step(
        n, [&](const float* p) { return FirstFloatsAt(p, left); },
        [&](float* p, Floats v) { PutFirst(p, left, v); });
  }
  float* out = task.output + t * task.output_stride + h * task.value_size + row;
  for (size_t r = 0; r < kRows; ++r) out[r] = SumLanes(sums[r]) + task.skip[h] * x[r];
}

inline void SelectiveScanByEight(const SelectiveScanTask& task) {
  Steps steps;
  for (size_t h = task.head_begin; h < task.head_end; ++h) {
    for (size_t first = 0; first < task.tokens; first += kScanTokens) {
      const size_t left = task.tokens - first;
      const size_t tokens = left < kScanTokens ? left : kScanTokens;
      ComputeSteps(task, first, tokens, h, steps);
      size_t row = 0;
      for (; row + 4 <= task.value_size; row += 4) {
        for (size_t t = 0; t < tokens; ++t) {
          ScanRows<4>(task, first + t, h, row, steps.dt[t], steps.keep[t]);
        }
      }
      for (; row < task.value_size; ++row) {
        for (size_t t = 0; t < tokens; ++t) {
          ScanRows<1>(task, first + t, h, row, steps.dt[t], steps.keep[t]);
        }
      }
    }
  }
}

}  // namespace
}  // namespace ingle
