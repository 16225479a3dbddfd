#include <cmath>

#include "kernels/recurrent/scalar.h"

namespace ingle {
namespace {

float Softplus(float x) { return x > 20.0f ? x : std::log1p(std::exp(x)); }

void ScanToken(const SelectiveScanTask& task, size_t t, size_t h) {
  const size_t group = h / (task.heads / task.groups);
  const float* x = task.x + t * task.x_stride + h * task.value_size;
  const float* b = task.b + t * task.b_stride + group * task.key_size;
  const float* c = task.c + t * task.c_stride + group * task.key_size;
  float* out = task.output + t * task.output_stride + h * task.value_size;
  float* state = task.state + h * task.value_size * task.key_size;

  float dt = Softplus(task.dt[t * task.dt_stride + h] + task.dt_bias[h]);
  dt = std::fmin(std::fmax(dt, task.dt_low), task.dt_high);
  const float keep = std::exp(dt * task.a[h]);
  for (size_t i = 0; i < task.value_size; ++i) {
    const float in = dt * x[i];
    float* row = state + i * task.key_size;
    float sum = 0;
    for (size_t n = 0; n < task.key_size; ++n) {
      row[n] = row[n] * keep + in * b[n];
      sum += row[n] * c[n];
    }
    out[i] = sum + task.skip[h] * x[i];
  }
}

}  // namespace

void SelectiveScanScalar(const SelectiveScanTask& task) {
  for (size_t h = task.head_begin; h < task.head_end; ++h) {
    for (size_t t = 0; t < task.tokens; ++t) ScanToken(task, t, h);
  }
}

}  // namespace ingle
