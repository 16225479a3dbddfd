#pragma once

#include "kernels/matmul/float_kernels.h"
#include "kernels/matmul/panel_kernels.h"

namespace ingle {

// f32 activations.
extern const FloatKernels kAvx2Floats;
extern const FloatKernels kAvx512Floats;
void MatMulBF16Amx(const MatMulTask& task);

// Q8 activations, weights in panels.
extern const PanelKernels kAvx2Panels;
extern const PanelKernels kAvxVnniPanels;
extern const PanelKernels kAvx512Panels;
// Activations in BF16 tiles.
extern const PanelKernels kAmxTiles;

}  // namespace ingle
