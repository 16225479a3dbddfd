#include "kernels/matmul/matmul.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "kernels/matmul/amx_scratch.h"
#include "kernels/matmul/arm.h"
#include "kernels/matmul/scalar.h"
#include "kernels/matmul/x86.h"

namespace ingle {
namespace {

constexpr MatMulKernel Scalar(DType weights, void (*run)(const MatMulTask&)) {
  return {{"scalar", 0, run}, weights, InputRows::kF32, WeightLayout::kRows};
}

constexpr MatMulKernel kScalar[] = {
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

// Best first for each type of weights; the last one of a type needs nothing.
std::vector<MatMulKernel> MakeKernels() {
  std::vector<MatMulKernel> kernels;
  const auto add = [&](const auto& rows) {
    kernels.insert(kernels.end(), std::begin(rows), std::end(rows));
  };
#if defined(__x86_64__)
  add(PanelRows("amx", kCpuAmxBf16 | kCpuAvx512Vnni, kAvx512Panels, kAmxTiles));
  add(PanelRows("avx512vnni", kCpuAvx512Vnni, kAvx512Panels));
  add(PanelRows("avxvnni", kCpuAvxVnni, kAvxVnniPanels));
  add(PanelRows("avx2", kCpuAvx2, kAvx2Panels));
  add(std::array{AmxRow("amx", kCpuAmxBf16 | kCpuAvx512Vnni, MatMulBF16Amx)});
  add(FloatRows("avx512", kCpuAvx512Vnni, kAvx512Floats));
  add(FloatRows("avx2", kCpuAvx2, kAvx2Floats));
#elif defined(__aarch64__)
  add(PanelRows("i8mm", kCpuI8mm | kCpuDotprod, kI8mmPanels));
  add(PanelRows("dotprod", kCpuDotprod, kDotprodPanels));
  add(FloatRows("neon", kCpuNeon, kNeonFloats));
#endif
  add(kScalar);
  return kernels;
}

}  // namespace

std::vector<MatMulKernel> FloatRows(const char* name, CpuFeatures needs,
                                    const FloatKernels& kernels) {
  const auto row = [&](DType weights, void (*run)(const MatMulTask&)) {
    return MatMulKernel{{name, needs, run}, weights, InputRows::kF32, WeightLayout::kRows};
  };
  return {row(DType::kF32, kernels.f32), row(DType::kF16, kernels.f16),
          row(DType::kBF16, kernels.bf16)};
}

MatMulKernel AmxRow(const char* name, CpuFeatures needs, FloatKernels::Run bf16) {
  return {
      {name, needs, bf16}, DType::kBF16, InputRows::kF32, WeightLayout::kRows, kAmxScratchFloats};
}

std::vector<MatMulKernel> PanelRows(const char* name, CpuFeatures needs,
                                    const PanelKernels& kernels, const PanelKernels& tiles) {
  const auto row = [&](DType weights, PanelKernels::Run PanelKernels::*type) {
    const size_t scratch =
        std::max(kPanelScratchFloats, tiles.*type != nullptr ? kAmxTilesScratchFloats : size_t{0});
    return MatMulKernel{{name, needs, kernels.*type}, weights, InputRows::kQ8,
                        WeightLayout::kPanels,        scratch, tiles.*type};
  };
  return {
      row(DType::kQ4_0, &PanelKernels::q4_0),       row(DType::kQ4_1, &PanelKernels::q4_1),
      row(DType::kQ5_0, &PanelKernels::q5_0),       row(DType::kQ5_1, &PanelKernels::q5_1),
      row(DType::kQ8_0, &PanelKernels::q8_0),       row(DType::kQ2_K, &PanelKernels::q2_k),
      row(DType::kQ3_K, &PanelKernels::q3_k),       row(DType::kQ4_K, &PanelKernels::q4_k),
      row(DType::kQ5_K, &PanelKernels::q5_k),       row(DType::kQ6_K, &PanelKernels::q6_k),
      row(DType::kIQ4_NL, &PanelKernels::iq4_nl),   row(DType::kIQ4_XS, &PanelKernels::iq4_xs),
      row(DType::kMXFP4, &PanelKernels::mxfp4),     row(DType::kNVFP4, &PanelKernels::nvfp4),
      row(DType::kQ1_0, &PanelKernels::q1_0),       row(DType::kTQ1_0, &PanelKernels::tq1_0),
      row(DType::kTQ2_0, &PanelKernels::tq2_0),     row(DType::kIQ1_S, &PanelKernels::iq1_s),
      row(DType::kIQ1_M, &PanelKernels::iq1_m),     row(DType::kIQ2_XXS, &PanelKernels::iq2_xxs),
      row(DType::kIQ2_XS, &PanelKernels::iq2_xs),   row(DType::kIQ2_S, &PanelKernels::iq2_s),
      row(DType::kIQ3_XXS, &PanelKernels::iq3_xxs), row(DType::kIQ3_S, &PanelKernels::iq3_s)};
}

size_t MatMulKernel::scratch(size_t columns) const {
  return fixed_scratch > 0 ? fixed_scratch : columns;
}

std::span<const MatMulKernel> MatMulKernels() {
  static const std::vector<MatMulKernel> kernels = MakeKernels();
  return kernels;
}

const MatMulKernel& PickMatMul(DType weights, CpuFeatures features) {
  const MatMulKernel* last = nullptr;
  for (const MatMulKernel& kernel : MatMulKernels()) {
    if (kernel.weights != weights) continue;
    if ((kernel.needs & ~features) == 0) return kernel;
    last = &kernel;
  }
  return *last;
}

}  // namespace ingle
