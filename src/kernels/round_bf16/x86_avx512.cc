#include "kernels/round_bf16/x86_avx512.h"

#include "kernels/bf16_tiles.h"
#include "kernels/x86_bf16_inline.h"

namespace ingle {
namespace {

inline __m256i RoundedAt(const float* x) { return ToBf16(_mm512_loadu_ps(x)); }

}  // namespace

void RoundBf16Avx512(const RoundBf16Task& task) {
  auto* tile = reinterpret_cast<char*>(task.output);
  for (size_t column = 0; column < task.columns; column += kBf16TileColumns) {
    const float* x = task.input + column;
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(tile), RoundedAt(x));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(tile + 32), RoundedAt(x + 16));
    tile += kBf16TileBytes;
  }
}

}  // namespace ingle
