#pragma once

#include "kernels/matmul/panel_kernels.h"

namespace ingle {

// f32 activations.
void MatMulF32Avx2(const MatMulTask& task);
void MatMulF16Avx2(const MatMulTask& task);
void MatMulBF16Avx2(const MatMulTask& task);

// Q8 activations, weights in panels.
extern const PanelKernels kAvx2Panels;
extern const PanelKernels kAvxVnniPanels;
extern const PanelKernels kAvx512Panels;
extern const PanelKernels kAmxPanels;

}  // namespace ingle
