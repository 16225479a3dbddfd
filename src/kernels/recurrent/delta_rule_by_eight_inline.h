// The gated delta rule. Some columns of a head's state go through some tokens while they are
// in the first-level cache. A token reads them twice: once for what the state holds for k, then to
// let it decay, correct it and read it for q. The decay is a factor, so the first pass leaves it
// out of the sum: keep · (stateᵀ k) is (keep · state)ᵀ k.
#pragma once

#include "kernels/eight_inline.h"
#include "kernels/recurrent/recurrent_task.h"

namespace ingle {
namespace {

inline constexpr size_t kDeltaTokens = 32;
inline constexpr size_t kDeltaVectors = 4;  // of eight columns

// One token's inputs of one head.
struct DeltaToken {
  const float* q;
  const float* k;
  const float* v;
  float* output;
  float keep;
  float beta;
};

// kCount vectors of columns from `column` on; of the last one only `left` columns exist.
template <size_t kCount>
inline void StepColumns(const DeltaRuleTask& task, const DeltaToken& token, float* state,
                        size_t column, size_t left) {
  const auto load = [&](const float* p) {
    return kCount == 1 ? FirstFloatsAt(p, left) : FloatsAt(p);
  };
  // Even and odd keys apart: enough sums to hide the latency of one.
  Floats held[2][kCount];
  for (auto& half : held) {
    for (Floats& sum : half) sum = Splat(0);
  }
  const auto add = [&](size_t i, Floats(&sums)[kCount]) {
    const Floats k = SplatAt(token.k + i);
    const float* row = state + i * task.value_size + column;
    for (size_t j = 0; j < kCount; ++j) sums[j] = Fma(k, load(row + 8 * j), sums[j]);
  };
  size_t key = 0;
  for (; key + 2 <= task.key_size; key += 2) {
    add(key, held[0]);
    add(key + 1, held[1]);
  }
  if (key < task.key_size) add(key, held[0]);
  const Floats keep = Splat(token.keep);
  const Floats beta = Splat(token.beta);
  Floats correction[kCount];
  Floats answer[kCount];
  for (size_t j = 0; j < kCount; ++j) {
    const Floats for_k = Mul(keep, Add(held[0][j], held[1][j]));
    correction[j] = Mul(beta, Sub(load(token.v + column + 8 * j), for_k));
    answer[j] = Splat(0);
  }
  for (size_t i = 0; i < task.key_size; ++i) {
    const Floats k = SplatAt(token.k + i);
    const Floats q = SplatAt(token.q + i);
    float* row = state + i * task.value_size + column;
    for (size_t j = 0; j < kCount; ++j) {
      const Floats s = Fma(k, correction[j], Mul(keep, load(row + 8 * j)));
      if (kCount == 1) {
        PutFirst(row, left, s);
      } else {
        Put(row + 8 * j, s);
      }
      answer[j] = Fma(q, s, answer[j]);
    }
  }
  for (size_t j = 0; j < kCount; ++j) {
    PutFirst(token.output + column + 8 * j, kCount == 1 ? left : 8, answer[j]);
  }
}

inline void LoadTokens(const DeltaRuleTask& task, size_t first, size_t count, size_t h,
                       DeltaToken* tokens) {
  const size_t group = task.tiled ? h % task.groups : h / (task.heads / task.groups);
  float decays[kDeltaTokens] = {};
  float keeps[kDeltaTokens];
  for (size_t i = 0; i < count; ++i) decays[i] = task.decay[(first + i) * task.decay_stride + h];
  for (size_t i = 0; i < count; i += 8) {
    Put(keeps + i, Exp(FloatsAt(decays + i)));
  }
  for (size_t i = 0; i < count; ++i) {
    const size_t t = first + i;
    tokens[i] = {task.q + t * task.q_stride + group * task.key_size,
                 task.k + t * task.k_stride + group * task.key_size,
                 task.v + t * task.v_stride + h * task.value_size,
                 task.output + t * task.output_stride + h * task.value_size,
                 keeps[i],
                 task.beta[t * task.beta_stride + h]};
  }
}

inline void DeltaRuleByEight(const DeltaRuleTask& task) {
  DeltaToken tokens[kDeltaTokens];
  for (size_t h = task.head_begin; h < task.head_end; ++h) {
    float* state = task.state + h * task.key_size * task.value_size;
    for (size_t first = 0; first < task.tokens; first += kDeltaTokens) {
      const size_t left = task.tokens - first;
      const size_t count = left < kDeltaTokens ? left : kDeltaTokens;
      LoadTokens(task, first, count, h, tokens);
      size_t column = 0;
      for (; column + 8 * kDeltaVectors <= task.value_size; column += 8 * kDeltaVectors) {
        for (size_t i = 0; i < count; ++i) {
          StepColumns<kDeltaVectors>(task, tokens[i], state, column, 8);
        }
      }
      for (; column < task.value_size; column += 8) {
        for (size_t i = 0; i < count; ++i) {
          StepColumns<1>(task, tokens[i], state, column, task.value_size - column);
        }
      }
    }
  }
}

}  // namespace
}  // namespace ingle
