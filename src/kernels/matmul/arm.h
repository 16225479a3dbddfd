#pragma once

#include "kernels/matmul/float_kernels.h"
#include "kernels/matmul/panel_kernels.h"

namespace ingle {

// f32 activations.
extern const FloatKernels kNeonFloats;

// Q8 activations, weights in panels.
extern const PanelKernels kDotprodPanels;
extern const PanelKernels kI8mmPanels;

}  // namespace ingle
