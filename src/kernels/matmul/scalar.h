#pragma once

#include "kernels/matmul/matmul_task.h"
#include "tensor/dtype.h"

namespace ingle {

// Weights decoded to f32, products summed in f32.
template <DType kType>
void MatMulScalar(const MatMulTask& task);

// Weights decoded to f32, activations decoded from Q8: what an integer kernel approximates but for
// the rounding of sums. For tests; no machine chooses it.
template <DType kType>
void MatMulScalarQ8(const MatMulTask& task);

}  // namespace ingle
