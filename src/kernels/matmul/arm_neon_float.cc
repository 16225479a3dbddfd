// Float weights times f32 activations, NEON: two vectors of four columns of a row.
#include "kernels/matmul/arm.h"
#include "kernels/matmul/arm_neon_lanes_inline.h"

#include "kernels/matmul/float_rows_inline.h"

namespace ingle {
namespace {

struct NeonFloats {
  static constexpr int kVectors = 2;
  static constexpr int kMostTokens = 6;
  // Twelve pairs of sums and what is kept beside them fit 32 registers.
  static constexpr int RowsOf(int tokens) {
    constexpr int kRows[kMostTokens] = {8, 6, 4, 3, 2, 2};
    return kRows[tokens - 1];
  }
  static float Sum(Floats v) { return vaddvq_f32(v); }
};

}  // namespace

const FloatKernels kNeonFloats = FloatKernelsOf<NeonFloats>();

}  // namespace ingle
