// The short convolution, AVX2: sixty-four columns through all tokens, their weights turned over
// once, so that a tap's weights of eight columns are one vector.
#include "kernels/recurrent/scalar.h"
#include "kernels/recurrent/x86_avx2.h"
#include "kernels/x86_avx2_inline.h"

namespace ingle {
namespace {

constexpr size_t kColumns = 64;
constexpr size_t kMostTaps = 16;  // models have four, or three

using Weights = float[kMostTaps][kColumns];

// Eight columns of four taps each to four taps of eight columns each.
void TurnOver(const float* from, Weights& to, size_t at) {
  const __m256 c01 = _mm256_loadu_ps(from);
  const __m256 c23 = _mm256_loadu_ps(from + 8);
  const __m256 c45 = _mm256_loadu_ps(from + 16);
  const __m256 c67 = _mm256_loadu_ps(from + 24);
  const __m256 c04 = _mm256_permute2f128_ps(c01, c45, 0x20);
  const __m256 c15 = _mm256_permute2f128_ps(c01, c45, 0x31);
  const __m256 c26 = _mm256_permute2f128_ps(c23, c67, 0x20);
  const __m256 c37 = _mm256_permute2f128_ps(c23, c67, 0x31);
  const __m256 low[2] = {_mm256_unpacklo_ps(c04, c15), _mm256_unpacklo_ps(c26, c37)};
  const __m256 high[2] = {_mm256_unpackhi_ps(c04, c15), _mm256_unpackhi_ps(c26, c37)};
  _mm256_storeu_ps(&to[0][at], _mm256_shuffle_ps(low[0], low[1], _MM_SHUFFLE(1, 0, 1, 0)));
  _mm256_storeu_ps(&to[1][at], _mm256_shuffle_ps(low[0], low[1], _MM_SHUFFLE(3, 2, 3, 2)));
  _mm256_storeu_ps(&to[2][at], _mm256_shuffle_ps(high[0], high[1], _MM_SHUFFLE(1, 0, 1, 0)));
  _mm256_storeu_ps(&to[3][at], _mm256_shuffle_ps(high[0], high[1], _MM_SHUFFLE(3, 2, 3, 2)));
}

void LoadWeights(const ShortConvTask& task, size_t begin, size_t width, Weights& weights) {
  const float* from = task.weight + begin * task.taps;
  size_t i = 0;
  if (task.taps == 4) {
    for (; i + 8 <= width; i += 8) TurnOver(from + 4 * i, weights, i);
  }
  for (; i < width; ++i) {
    for (size_t k = 0; k < task.taps; ++k) weights[k][i] = from[i * task.taps + k];
  }
}

// Row `row` of x, counted from the first row of the state.
const float* RowAt(const ShortConvTask& task, size_t row) {
  const size_t before = task.taps - 1;
  return row < before ? task.state + row * task.columns : task.x + (row - before) * task.stride;
}

void ConvolveToken(const ShortConvTask& task, size_t t, size_t begin, size_t width,
                   const Weights& weights) {
  const float* rows[kMostTaps];
  for (size_t k = 0; k < task.taps; ++k) rows[k] = RowAt(task, t + k) + begin;
  float* out = task.output + t * task.stride + begin;
  for (size_t i = 0; i < width; i += 8) {
    const size_t left = width - i;
    __m256 sum = _mm256_setzero_ps();
    for (size_t k = 0; k < task.taps; ++k) {
      sum = _mm256_fmadd_ps(_mm256_loadu_ps(&weights[k][i]), LoadFirst(rows[k] + i, left), sum);
    }
    if (task.bias != nullptr) sum = _mm256_add_ps(sum, LoadFirst(task.bias + begin + i, left));
    StoreFirst(out + i, sum, left);
  }
}

// The state becomes the last rows of what it and the tokens were.
void Remember(const ShortConvTask& task, size_t begin, size_t width) {
  for (size_t row = 0; row + 1 < task.taps; ++row) {
    const float* from = RowAt(task, row + task.tokens) + begin;
    float* to = task.state + row * task.columns + begin;
    for (size_t i = 0; i < width; ++i) to[i] = from[i];
  }
}

}  // namespace

void ShortConvAvx2(const ShortConvTask& task) {
  if (task.taps > kMostTaps) return ShortConvScalar(task);
  Weights weights = {};
  for (size_t begin = task.column_begin; begin < task.column_end; begin += kColumns) {
    const size_t left = task.column_end - begin;
    const size_t width = left < kColumns ? left : kColumns;
    LoadWeights(task, begin, width, weights);
    for (size_t t = 0; t < task.tokens; ++t) ConvolveToken(task, t, begin, width, weights);
    Remember(task, begin, width);
  }
}

}  // namespace ingle
