// Mamba-2's selective scan, AVX2. Some rows of a head's state go through some tokens while they are
// in the first-level cache; a row's sum is in eight lanes, whatever its neighbours are.
#include "kernels/recurrent/x86_avx2.h"
#include "kernels/x86_avx2_inline.h"

namespace ingle {
namespace {

constexpr size_t kTokens = 32;

// What a head's tokens share among the rows of the state.
struct Steps {
  float dt[kTokens];
  float keep[kTokens];  // exp(dt * a)
};

void ComputeSteps(const SelectiveScanTask& task, size_t first, size_t tokens, size_t h,
                  Steps& steps) {
  const __m256 low = _mm256_set1_ps(task.dt_low);
  const __m256 high = _mm256_set1_ps(task.dt_high);
  const __m256 a = _mm256_set1_ps(task.a[h]);
  float raw[kTokens] = {};
  for (size_t t = 0; t < tokens; ++t) {
    raw[t] = task.dt[(first + t) * task.dt_stride + h] + task.dt_bias[h];
  }
  for (size_t t = 0; t < tokens; t += 8) {
    const __m256 dt = _mm256_min_ps(high, _mm256_max_ps(low, SoftplusOf(_mm256_loadu_ps(raw + t))));
    _mm256_storeu_ps(steps.dt + t, dt);
    _mm256_storeu_ps(steps.keep + t, Exp(_mm256_mul_ps(dt, a)));
  }
}

// Rows [row, row + kRows) of the head's state through one token.
template <size_t kRows>
void ScanRows(const SelectiveScanTask& task, size_t t, size_t h, size_t row, float dt, float keep) {
  const size_t group = h / (task.heads / task.groups);
  const float* x = task.x + t * task.x_stride + h * task.value_size + row;
  const float* b = task.b + t * task.b_stride + group * task.key_size;
  const float* c = task.c + t * task.c_stride + group * task.key_size;
  float* state = task.state + (h * task.value_size + row) * task.key_size;

  const __m256 kept = _mm256_set1_ps(keep);
  __m256 in[kRows];
  __m256 sums[kRows];
  for (size_t r = 0; r < kRows; ++r) {
    in[r] = _mm256_set1_ps(dt * x[r]);
    sums[r] = _mm256_setzero_ps();
  }
  const auto step = [&](size_t n, auto load, auto store) {
    const __m256 bs = load(b + n);
    const __m256 cs = load(c + n);
    for (size_t r = 0; r < kRows; ++r) {
      float* at = state + r * task.key_size + n;
      const __m256 s = _mm256_fmadd_ps(in[r], bs, _mm256_mul_ps(load(at), kept));
      store(at, s);
      sums[r] = _mm256_fmadd_ps(s, cs, sums[r]);
    }
  };
  size_t n = 0;
  for (; n + 8 <= task.key_size; n += 8) {
    step(
        n, [](const float* p) { return _mm256_loadu_ps(p); },
        [](float* p, __m256 v) { _mm256_storeu_ps(p, v); });
  }
  if (const size_t left = task.key_size - n; left > 0) {
    step(
        n, [&](const float* p) { return LoadFirst(p, left); },
        [&](float* p, __m256 v) { StoreFirst(p, v, left); });
  }
  float* out = task.output + t * task.output_stride + h * task.value_size + row;
  for (size_t r = 0; r < kRows; ++r) out[r] = SumLanes(sums[r]) + task.skip[h] * x[r];
}

}  // namespace

void SelectiveScanAvx2(const SelectiveScanTask& task) {
  Steps steps;
  for (size_t h = task.head_begin; h < task.head_end; ++h) {
    for (size_t first = 0; first < task.tokens; first += kTokens) {
      const size_t left = task.tokens - first;
      const size_t tokens = left < kTokens ? left : kTokens;
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

}  // namespace ingle
