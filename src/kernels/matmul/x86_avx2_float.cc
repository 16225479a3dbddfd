// Float weights times f32 activations, AVX2.
//
// A weight row is decoded once for four tokens. Two accumulators a token hide the latency of the
// fma; every token has its own, so its sum does not depend on its neighbours.
#include "kernels/matmul/x86.h"
#include "kernels/x86_avx2_inline.h"

namespace ingle {
namespace {

struct F32 {
  static __m256 Load(const std::byte* row, size_t i) {
    return _mm256_loadu_ps(reinterpret_cast<const float*>(row) + i);
  }
  static float LoadOne(const std::byte* row, size_t i) {
    float value;
    __builtin_memcpy(&value, row + i * sizeof(float), sizeof(float));
    return value;
  }
};

struct F16 {
  static __m256 Load(const std::byte* row, size_t i) { return LoadF16(row + 2 * i); }
  static float LoadOne(const std::byte* row, size_t i) {
    unsigned short bits;
    __builtin_memcpy(&bits, row + 2 * i, sizeof(bits));
    return HalfToFloat(bits);
  }
};

struct BF16 {
  static __m256 Load(const std::byte* row, size_t i) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row + 2 * i));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }
  static float LoadOne(const std::byte* row, size_t i) {
    unsigned short bits;
    __builtin_memcpy(&bits, row + 2 * i, sizeof(bits));
    const unsigned wide = static_cast<unsigned>(bits) << 16;
    float value;
    __builtin_memcpy(&value, &wide, sizeof(value));
    return value;
  }
};

void Store(const MatMulTask& task, size_t token, size_t row, float value) {
  if (task.bias != nullptr) value += task.bias[row];
  if (task.residual != nullptr) value += task.residual[token * task.residual_stride + row];
  task.output[token * task.output_stride + row] = value;
}

template <class Weights, int kTokens>
void DotRow(const MatMulTask& task, const std::byte* row, size_t r, size_t token) {
  const float* x[kTokens];
  __m256 even[kTokens];
  __m256 odd[kTokens];
  for (int t = 0; t < kTokens; ++t) {
    x[t] = reinterpret_cast<const float*>(task.input + (token + t) * task.input_row_bytes);
    even[t] = odd[t] = _mm256_setzero_ps();
  }
  size_t i = 0;
  for (; i + 16 <= task.columns; i += 16) {
    const __m256 w0 = Weights::Load(row, i);
    const __m256 w1 = Weights::Load(row, i + 8);
    for (int t = 0; t < kTokens; ++t) {
      even[t] = _mm256_fmadd_ps(w0, _mm256_loadu_ps(x[t] + i), even[t]);
      odd[t] = _mm256_fmadd_ps(w1, _mm256_loadu_ps(x[t] + i + 8), odd[t]);
    }
  }
  for (int t = 0; t < kTokens; ++t) {
    float sum = SumLanes(_mm256_add_ps(even[t], odd[t]));
    for (size_t j = i; j < task.columns; ++j) {
      sum = __builtin_fmaf(Weights::LoadOne(row, j), x[t][j], sum);
    }
    Store(task, token + t, r, sum);
  }
}

template <class Weights>
void MatMulRows(const MatMulTask& task) {
  // Sixteen rows and four tokens fit the first-level cache together, at the usual widths.
  constexpr size_t kRowBlock = 16;
  for (size_t begin = task.row_begin; begin < task.row_end; begin += kRowBlock) {
    const size_t end = begin + kRowBlock < task.row_end ? begin + kRowBlock : task.row_end;
    size_t token = 0;
    for (; token + 4 <= task.tokens; token += 4) {
      for (size_t r = begin; r < end; ++r) {
        DotRow<Weights, 4>(task, task.weights + r * task.weight_row_bytes, r, token);
      }
    }
    for (; token < task.tokens; ++token) {
      for (size_t r = begin; r < end; ++r) {
        DotRow<Weights, 1>(task, task.weights + r * task.weight_row_bytes, r, token);
      }
    }
  }
}

}  // namespace

const FloatKernels kAvx2Floats = {MatMulRows<F32>, MatMulRows<F16>, MatMulRows<BF16>};

}  // namespace ingle
