#include "kernels/matmul/matmul.h"

#include "kernels/matmul/scalar.h"
#include "kernels/matmul/x86_avx2.h"

namespace ingle {
namespace {

constexpr MatMulKernel Scalar(DType weights, void (*run)(const MatMulTask&)) {
  return {{"scalar", 0, run}, weights, InputRows::kF32, WeightLayout::kRows};
}

#if defined(__x86_64__)
constexpr MatMulKernel Avx2Rows(DType weights, void (*run)(const MatMulTask&)) {
  return {{"avx2", kCpuAvx2, run}, weights, InputRows::kF32, WeightLayout::kRows};
}
constexpr MatMulKernel Avx2Panels(DType weights, void (*run)(const MatMulTask&)) {
  return {{"avx2", kCpuAvx2, run}, weights, InputRows::kQ8, WeightLayout::kPanels};
}
#endif

// Best first for each type of weights; the last one of a type needs nothing.
constexpr MatMulKernel kKernels[] = {
#if defined(__x86_64__)
    Avx2Rows(DType::kF32, MatMulF32Avx2),
    Avx2Rows(DType::kF16, MatMulF16Avx2),
    Avx2Rows(DType::kBF16, MatMulBF16Avx2),
    Avx2Panels(DType::kQ4_0, MatMulPanelsQ4_0Avx2),
    Avx2Panels(DType::kQ4_1, MatMulPanelsQ4_1Avx2),
    Avx2Panels(DType::kQ5_0, MatMulPanelsQ5_0Avx2),
    Avx2Panels(DType::kQ5_1, MatMulPanelsQ5_1Avx2),
    Avx2Panels(DType::kQ8_0, MatMulPanelsQ8_0Avx2),
    Avx2Panels(DType::kQ2_K, MatMulPanelsQ2_KAvx2),
    Avx2Panels(DType::kQ3_K, MatMulPanelsQ3_KAvx2),
    Avx2Panels(DType::kQ4_K, MatMulPanelsQ4_KAvx2),
    Avx2Panels(DType::kQ5_K, MatMulPanelsQ5_KAvx2),
    Avx2Panels(DType::kQ6_K, MatMulPanelsQ6_KAvx2),
    Avx2Panels(DType::kIQ4_NL, MatMulPanelsIQ4_NLAvx2),
    Avx2Panels(DType::kIQ4_XS, MatMulPanelsIQ4_XSAvx2),
    Avx2Panels(DType::kMXFP4, MatMulPanelsMXFP4Avx2),
    Avx2Panels(DType::kNVFP4, MatMulPanelsNVFP4Avx2),
#endif
    Scalar(DType::kF32, MatMulScalar<DType::kF32>),
    Scalar(DType::kF16, MatMulScalar<DType::kF16>),
    Scalar(DType::kBF16, MatMulScalar<DType::kBF16>),
    Scalar(DType::kQ4_0, MatMulScalar<DType::kQ4_0>),
    Scalar(DType::kQ4_1, MatMulScalar<DType::kQ4_1>),
    Scalar(DType::kQ5_0, MatMulScalar<DType::kQ5_0>),
    Scalar(DType::kQ5_1, MatMulScalar<DType::kQ5_1>),
    Scalar(DType::kQ8_0, MatMulScalar<DType::kQ8_0>),
    Scalar(DType::kQ2_K, MatMulScalar<DType::kQ2_K>),
    Scalar(DType::kQ3_K, MatMulScalar<DType::kQ3_K>),
    Scalar(DType::kQ4_K, MatMulScalar<DType::kQ4_K>),
    Scalar(DType::kQ5_K, MatMulScalar<DType::kQ5_K>),
    Scalar(DType::kQ6_K, MatMulScalar<DType::kQ6_K>),
    Scalar(DType::kIQ1_S, MatMulScalar<DType::kIQ1_S>),
    Scalar(DType::kIQ1_M, MatMulScalar<DType::kIQ1_M>),
    Scalar(DType::kIQ2_XXS, MatMulScalar<DType::kIQ2_XXS>),
    Scalar(DType::kIQ2_XS, MatMulScalar<DType::kIQ2_XS>),
    Scalar(DType::kIQ2_S, MatMulScalar<DType::kIQ2_S>),
    Scalar(DType::kIQ3_XXS, MatMulScalar<DType::kIQ3_XXS>),
    Scalar(DType::kIQ3_S, MatMulScalar<DType::kIQ3_S>),
    Scalar(DType::kIQ4_NL, MatMulScalar<DType::kIQ4_NL>),
    Scalar(DType::kIQ4_XS, MatMulScalar<DType::kIQ4_XS>),
    Scalar(DType::kTQ1_0, MatMulScalar<DType::kTQ1_0>),
    Scalar(DType::kTQ2_0, MatMulScalar<DType::kTQ2_0>),
    Scalar(DType::kMXFP4, MatMulScalar<DType::kMXFP4>),
    Scalar(DType::kNVFP4, MatMulScalar<DType::kNVFP4>),
    Scalar(DType::kQ1_0, MatMulScalar<DType::kQ1_0>),
    Scalar(DType::kF64, MatMulScalar<DType::kF64>),
    Scalar(DType::kF8_E4M3, MatMulScalar<DType::kF8_E4M3>),
    Scalar(DType::kF8_E5M2, MatMulScalar<DType::kF8_E5M2>),
};

}  // namespace

size_t MatMulKernel::scratch(size_t columns) const {
  return layout == WeightLayout::kPanels ? kPanelScratchFloats : columns;
}

std::span<const MatMulKernel> MatMulKernels() { return kKernels; }

const MatMulKernel& PickMatMul(DType weights, CpuFeatures features) {
  const MatMulKernel* last = nullptr;
  for (const MatMulKernel& kernel : kKernels) {
    if (kernel.weights != weights) continue;
    if ((kernel.needs & ~features) == 0) return kernel;
    last = &kernel;
  }
  return *last;
}

}  // namespace ingle
