// The gated activation of Shazeer, arXiv 2002.05202: silu(gate) * up.
#pragma once

#include <span>

#include "kernels/kernel.h"
#include "kernels/swiglu/swiglu_task.h"

namespace ingle {

// Each element is computed in the same way wherever it stands, so work may be split anywhere.
using SwiGluKernel = Kernel<SwiGluTask>;
std::span<const SwiGluKernel> SwiGluKernels();

}  // namespace ingle
