// The gated delta rule, AVX2. Some columns of a head's state go through some tokens while they are
// in the first-level cache. A token reads them twice: once for what the state holds for k, then to
// let it decay, correct it and read it for q. The decay is a factor, so the first pass leaves it
// out of the sum: keep · (stateᵀ k) is (keep · state)ᵀ k.
#include "kernels/recurrent/x86_avx2.h"
#include "kernels/x86_avx2_inline.h"

namespace ingle {
namespace {

constexpr size_t kTokens = 32;
constexpr size_t kVectors = 4;  // of eight columns

// One token's inputs of one head.
struct Token {
  const float* q;
  const float* k;
  const float* v;
  float* output;
  float keep;
  float beta;
};

// kCount vectors of columns from `column` on; of the last one only `left` columns exist.
template <size_t kCount>
void StepColumns(const DeltaRuleTask& task, const Token& token, float* state, size_t column,
                 size_t left) {
  const auto load = [&](const float* p) {
    return kCount == 1 ? LoadFirst(p, left) : _mm256_loadu_ps(p);
  };
  // Even and odd keys apart: enough sums to hide the latency of one.
  __m256 held[2][kCount];
  for (auto& half : held) {
    for (__m256& sum : half) sum = _mm256_setzero_ps();
  }
  const auto add = [&](size_t i, __m256(&sums)[kCount]) {
    const __m256 k = _mm256_broadcast_ss(token.k + i);
    const float* row = state + i * task.value_size + column;
    for (size_t j = 0; j < kCount; ++j) sums[j] = _mm256_fmadd_ps(k, load(row + 8 * j), sums[j]);
  };
  size_t key = 0;
  for (; key + 2 <= task.key_size; key += 2) {
    add(key, held[0]);
    add(key + 1, held[1]);
  }
  if (key < task.key_size) add(key, held[0]);
  const __m256 keep = _mm256_set1_ps(token.keep);
  const __m256 beta = _mm256_set1_ps(token.beta);
  __m256 correction[kCount];
  __m256 answer[kCount];
  for (size_t j = 0; j < kCount; ++j) {
    const __m256 for_k = _mm256_mul_ps(keep, _mm256_add_ps(held[0][j], held[1][j]));
    correction[j] = _mm256_mul_ps(beta, _mm256_sub_ps(load(token.v + column + 8 * j), for_k));
    answer[j] = _mm256_setzero_ps();
  }
  for (size_t i = 0; i < task.key_size; ++i) {
    const __m256 k = _mm256_broadcast_ss(token.k + i);
    const __m256 q = _mm256_broadcast_ss(token.q + i);
    float* row = state + i * task.value_size + column;
    for (size_t j = 0; j < kCount; ++j) {
      const __m256 s = _mm256_fmadd_ps(k, correction[j], _mm256_mul_ps(keep, load(row + 8 * j)));
      if (kCount == 1) {
        StoreFirst(row, s, left);
      } else {
        _mm256_storeu_ps(row + 8 * j, s);
      }
      answer[j] = _mm256_fmadd_ps(q, s, answer[j]);
    }
  }
  for (size_t j = 0; j < kCount; ++j) {
    StoreFirst(token.output + column + 8 * j, answer[j], kCount == 1 ? left : 8);
  }
}

void LoadTokens(const DeltaRuleTask& task, size_t first, size_t count, size_t h, Token* tokens) {
  const size_t group = task.tiled ? h % task.groups : h / (task.heads / task.groups);
  float decays[kTokens] = {};
  float keeps[kTokens];
  for (size_t i = 0; i < count; ++i) decays[i] = task.decay[(first + i) * task.decay_stride + h];
  for (size_t i = 0; i < count; i += 8) {
    _mm256_storeu_ps(keeps + i, Exp(_mm256_loadu_ps(decays + i)));
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

}  // namespace

void DeltaRuleAvx2(const DeltaRuleTask& task) {
  Token tokens[kTokens];
  for (size_t h = task.head_begin; h < task.head_end; ++h) {
    float* state = task.state + h * task.key_size * task.value_size;
    for (size_t first = 0; first < task.tokens; first += kTokens) {
      const size_t left = task.tokens - first;
      const size_t count = left < kTokens ? left : kTokens;
      LoadTokens(task, first, count, h, tokens);
      size_t column = 0;
      for (; column + 8 * kVectors <= task.value_size; column += 8 * kVectors) {
        for (size_t i = 0; i < count; ++i) {
          StepColumns<kVectors>(task, tokens[i], state, column, 8);
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

}  // namespace ingle
