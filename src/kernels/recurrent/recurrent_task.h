// Operations that carry a state of fixed size from token to token. Each task is one sequence's
// tokens, in order, for some of the columns or heads; the state is read before the first token and
// left as it is after the last, so a sequence may be cut anywhere.
//
// Strides are floats from one token to the next.
#pragma once

#include <stddef.h>

namespace ingle {

// Depthwise causal convolution: output[t][c] = Σ_k weight[c][k] · x[t - (taps - 1) + k][c] +
// bias[c]. The state is the last taps - 1 rows of x.
struct ShortConvTask {
  const float* x;
  size_t stride;  // of x and output
  float* output;
  const float* weight;  // [columns, taps]
  const float* bias;    // [columns] or null
  float* state;         // [taps - 1, columns]
  size_t columns;
  size_t taps;
  size_t tokens;
  size_t column_begin;
  size_t column_end;
};

// Mamba-2: Dao and Gu, arXiv 2405.21060, section 7. With d = softplus(dt[t][h] + dt_bias[h]),
// held between dt_low and dt_high, and the group g of head h:
//   state = exp(d · a[h]) · state + d · x[t][h] ⊗ b[t][g]
//   output[t][h] = state · c[t][g] + skip[h] · x[t][h]
struct SelectiveScanTask {
  const float* x;  // [heads, value_size]
  size_t x_stride;
  const float* dt;  // [heads]
  size_t dt_stride;
  const float* b;  // [groups, key_size]
  size_t b_stride;
  const float* c;
  size_t c_stride;
  float* output;  // as x
  size_t output_stride;
  const float* a;     // [heads], negative
  const float* skip;  // [heads]
  const float* dt_bias;
  float* state;  // [heads, value_size, key_size]
  float dt_low;
  float dt_high;
  size_t heads;
  size_t groups;
  size_t key_size;
  size_t value_size;
  size_t tokens;
  size_t head_begin;
  size_t head_end;
};

// The gated delta rule: Yang, Kautz and Hatamizadeh, arXiv 2412.06464, equation 10.
//   state = exp(decay[t][h]) · state
//   state = state + k ⊗ (beta[t][h] · (v[t][h] - stateᵀ k))
//   output[t][h] = stateᵀ q
struct DeltaRuleTask {
  const float* q;  // [groups, key_size]; head h has group h / (heads / groups)
  size_t q_stride;
  const float* k;
  size_t k_stride;
  const float* v;  // [heads, value_size]
  size_t v_stride;
  const float* decay;  // [heads]
  size_t decay_stride;
  const float* beta;  // [heads]
  size_t beta_stride;
  float* output;  // as v; not v
  size_t output_stride;
  float* state;  // [heads, key_size, value_size]
  size_t heads;
  size_t groups;
  size_t key_size;
  size_t value_size;
  bool tiled;  // head h has group h % groups
  size_t tokens;
  size_t head_begin;
  size_t head_end;
};

}  // namespace ingle
