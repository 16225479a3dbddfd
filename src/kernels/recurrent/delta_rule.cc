#include <algorithm>
#include <cmath>

#include "kernels/recurrent/scalar.h"

namespace ingle {
namespace {

// output += by * x
void AddScaled(const float* x, float by, float* output, size_t count) {
  for (size_t i = 0; i < count; ++i) output[i] += by * x[i];
}

void StepToken(const DeltaRuleTask& task, size_t t, size_t h) {
  const size_t group = task.tiled ? h % task.groups : h / (task.heads / task.groups);
  const float* q = task.q + t * task.q_stride + group * task.key_size;
  const float* k = task.k + t * task.k_stride + group * task.key_size;
  const float* v = task.v + t * task.v_stride + h * task.value_size;
  float* out = task.output + t * task.output_stride + h * task.value_size;
  float* state = task.state + h * task.key_size * task.value_size;

  const float keep = std::exp(task.decay[t * task.decay_stride + h]);
  const float beta = task.beta[t * task.beta_stride + h];
  // out holds what the state has for k, then the correction, and at last the answer.
  std::fill_n(out, task.value_size, 0.0f);
  for (size_t i = 0; i < task.key_size; ++i) {
    float* row = state + i * task.value_size;
    for (size_t j = 0; j < task.value_size; ++j) row[j] *= keep;
    AddScaled(row, k[i], out, task.value_size);
  }
  for (size_t j = 0; j < task.value_size; ++j) out[j] = beta * (v[j] - out[j]);
  for (size_t i = 0; i < task.key_size; ++i) {
    AddScaled(out, k[i], state + i * task.value_size, task.value_size);
  }
  std::fill_n(out, task.value_size, 0.0f);
  for (size_t i = 0; i < task.key_size; ++i) {
    AddScaled(state + i * task.value_size, q[i], out, task.value_size);
  }
}

}  // namespace

void DeltaRuleScalar(const DeltaRuleTask& task) {
  for (size_t h = task.head_begin; h < task.head_end; ++h) {
    for (size_t t = 0; t < task.tokens; ++t) StepToken(task, t, h);
  }
}

}  // namespace ingle
