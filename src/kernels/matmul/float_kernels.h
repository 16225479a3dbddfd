// The products with float weights in rows of one instruction set: a function for each type.
// Plain data: files compiled for one instruction set may include this.
#pragma once

#include "kernels/matmul/matmul_task.h"

namespace ingle {

struct FloatKernels {
  using Run = void (*)(const MatMulTask&);
  Run f32, f16, bf16;
};

}  // namespace ingle
