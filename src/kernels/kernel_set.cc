#include "kernels/kernel_set.h"

namespace ingle {

KernelSet::KernelSet(CpuFeatures features)
    : quantize_q8_(&Pick(QuantizeQ8Kernels(), features)),
      round_bf16_(&Pick(RoundBf16Kernels(), features)),
      reading_attention_(&Pick(AttentionKernels(), features)),
      writing_attention_(&Pick(WritingAttentionKernels(), features)),
      elementwise_(&Pick(ElementwiseTable(), features)),
      rms_norm_(&Pick(RmsNormTable(), features)),
      layer_norm_(&Pick(LayerNormKernels(), features)),
      rope_(&Pick(RopeTable(), features)),
      route_(&Pick(RouteKernels(), features)),
      sparsify_(&Pick(SparsifyKernels(), features)),
      recurrent_(&Pick(RecurrentTable(), features)) {
  for (size_t i = 0; i < matmul_.size(); ++i) {
    const auto type = static_cast<DType>(i);
    if (!IsInteger(type)) matmul_[i] = &PickMatMul(type, features);
  }
}

}  // namespace ingle
