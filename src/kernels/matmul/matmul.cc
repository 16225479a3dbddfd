#include "kernels/matmul/matmul.h"

#include "kernels/matmul/scalar.h"
#include "kernels/matmul/x86_avx2.h"

namespace ingle {
namespace {

constexpr MatMulKernel Scalar(DType weights, void (*run)(const MatMulTask&)) {
  return {{"scalar", 0, run}, weights, InputRows::kF32};
}

// Best first for each type of weights; the last one of a type needs nothing.
constexpr MatMulKernel kKernels[] = {
#if defined(__x86_64__)
    {{"avx2", kCpuAvx2, MatMulF32Avx2}, DType::kF32, InputRows::kF32},
    {{"avx2", kCpuAvx2, MatMulF16Avx2}, DType::kF16, InputRows::kF32},
    {{"avx2", kCpuAvx2, MatMulBF16Avx2}, DType::kBF16, InputRows::kF32},
    {{"avx2", kCpuAvx2, MatMulQ4_0Avx2}, DType::kQ4_0, InputRows::kQ8},
    {{"avx2", kCpuAvx2, MatMulQ4_1Avx2}, DType::kQ4_1, InputRows::kQ8},
    {{"avx2", kCpuAvx2, MatMulQ5_0Avx2}, DType::kQ5_0, InputRows::kQ8},
    {{"avx2", kCpuAvx2, MatMulQ5_1Avx2}, DType::kQ5_1, InputRows::kQ8},
    {{"avx2", kCpuAvx2, MatMulQ8_0Avx2}, DType::kQ8_0, InputRows::kQ8},
    {{"avx2", kCpuAvx2, MatMulQ2_KAvx2}, DType::kQ2_K, InputRows::kQ8},
    {{"avx2", kCpuAvx2, MatMulQ3_KAvx2}, DType::kQ3_K, InputRows::kQ8},
    {{"avx2", kCpuAvx2, MatMulQ4_KAvx2}, DType::kQ4_K, InputRows::kQ8},
    {{"avx2", kCpuAvx2, MatMulQ5_KAvx2}, DType::kQ5_K, InputRows::kQ8},
    {{"avx2", kCpuAvx2, MatMulQ6_KAvx2}, DType::kQ6_K, InputRows::kQ8},
    {{"avx2", kCpuAvx2, MatMulIQ4_NLAvx2}, DType::kIQ4_NL, InputRows::kQ8},
    {{"avx2", kCpuAvx2, MatMulIQ4_XSAvx2}, DType::kIQ4_XS, InputRows::kQ8},
    {{"avx2", kCpuAvx2, MatMulMXFP4Avx2}, DType::kMXFP4, InputRows::kQ8},
    {{"avx2", kCpuAvx2, MatMulNVFP4Avx2}, DType::kNVFP4, InputRows::kQ8},
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
