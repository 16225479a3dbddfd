#pragma once

#include "kernels/matmul/matmul_task.h"
#include "tensor/dtype.h"

namespace ingle {

// Weights decoded to f32, products summed in f32.
template <DType kType>
void MatMulScalar(const MatMulTask& task);

// The definition for weights in panels and Q8 activations: every kernel for these gives the same
// bits. Null for a type without panels. For tests; no machine chooses it.
void (*ScalarPanelKernel(DType type))(const MatMulTask&);

}  // namespace ingle
