// Float weights times f32 activations, AVX-512: sixteen columns of a row in a vector.
#include "kernels/matmul/x86.h"
#include "kernels/matmul/x86_avx512_lanes_inline.h"

#include "kernels/matmul/float_rows_inline.h"

namespace ingle {
namespace {

struct Avx512Floats {
  static constexpr int kVectors = 1;
  static constexpr int kMostTokens = 6;
  // 24 sums and what is kept beside them fit 32 registers; eight sums hide the latency of an fma.
  static constexpr int RowsOf(int tokens) { return tokens <= 3 ? 8 : tokens == 4 ? 6 : 4; }
  static float Sum(Floats v) { return SumLanes(v); }
};

}  // namespace

const FloatKernels kAvx512Floats = FloatKernelsOf<Avx512Floats>();

}  // namespace ingle
