// The definition of a matrix product.
#include "kernels/matmul/scalar.h"

#include "kernels/dequantize/dequantize.h"

namespace ingle {
namespace {

// Sixteen partial sums: the rounding error grows with the length of a sum, and the compiler may
// keep them in vector registers without reordering anything.
float Dot(const float* a, const float* b, size_t count) {
  constexpr size_t kLanes = 16;
  float lanes[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += a[i + lane] * b[i + lane];
  }
  for (size_t lane = 0; i < count; ++i, ++lane) lanes[lane] += a[i] * b[i];
  float sum = 0;
  for (const float lane : lanes) sum += lane;
  return sum;
}

}  // namespace

template <DType kType>
void MatMulScalar(const MatMulTask& task) {
  for (size_t r = task.row_begin; r < task.row_end; ++r) {
    DequantizeRow(kType, task.weights + r * task.weight_row_bytes, task.scratch, task.columns);
    for (size_t t = 0; t < task.tokens; ++t) {
      const std::byte* input = task.input + t * task.input_row_bytes;
      float value = Dot(task.scratch, reinterpret_cast<const float*>(input), task.columns);
      if (task.bias != nullptr) value += task.bias[r];
      if (task.residual != nullptr) value += task.residual[t * task.residual_stride + r];
      task.output[t * task.output_stride + r] = value;
    }
  }
}

#define INGLE_INSTANTIATE(type) template void MatMulScalar<DType::type>(const MatMulTask&);
INGLE_INSTANTIATE(kF32)
INGLE_INSTANTIATE(kF16)
INGLE_INSTANTIATE(kBF16)
INGLE_INSTANTIATE(kQ4_0)
INGLE_INSTANTIATE(kQ4_1)
INGLE_INSTANTIATE(kQ5_0)
INGLE_INSTANTIATE(kQ5_1)
INGLE_INSTANTIATE(kQ8_0)
INGLE_INSTANTIATE(kQ2_K)
INGLE_INSTANTIATE(kQ3_K)
INGLE_INSTANTIATE(kQ4_K)
INGLE_INSTANTIATE(kQ5_K)
INGLE_INSTANTIATE(kQ6_K)
INGLE_INSTANTIATE(kIQ1_S)
INGLE_INSTANTIATE(kIQ1_M)
INGLE_INSTANTIATE(kIQ2_XXS)
INGLE_INSTANTIATE(kIQ2_XS)
INGLE_INSTANTIATE(kIQ2_S)
INGLE_INSTANTIATE(kIQ3_XXS)
INGLE_INSTANTIATE(kIQ3_S)
INGLE_INSTANTIATE(kIQ4_NL)
INGLE_INSTANTIATE(kIQ4_XS)
INGLE_INSTANTIATE(kTQ1_0)
INGLE_INSTANTIATE(kTQ2_0)
INGLE_INSTANTIATE(kMXFP4)
INGLE_INSTANTIATE(kNVFP4)
INGLE_INSTANTIATE(kQ1_0)
INGLE_INSTANTIATE(kF64)
INGLE_INSTANTIATE(kF8_E4M3)
INGLE_INSTANTIATE(kF8_E5M2)
#undef INGLE_INSTANTIATE

}  // namespace ingle
