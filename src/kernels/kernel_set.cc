#include "kernels/kernel_set.h"

namespace ingle {

KernelSet::KernelSet(CpuFeatures features)
    : quantize_q8_(&Pick(QuantizeQ8Kernels(), features)),
      swiglu_(&Pick(SwiGluKernels(), features)),
      attention_(&Pick(AttentionKernels(), features)) {
  for (size_t i = 0; i < matmul_.size(); ++i) {
    const auto type = static_cast<DType>(i);
    if (!IsInteger(type)) matmul_[i] = &PickMatMul(type, features);
  }
}

}  // namespace ingle
