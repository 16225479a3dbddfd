#pragma once

#include "kernels/matmul/panel_kernels.h"

namespace ingle {

// Q8 activations, weights in panels.
extern const PanelKernels kDotprodPanels;

}  // namespace ingle
