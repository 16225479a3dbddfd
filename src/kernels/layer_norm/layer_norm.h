// Layer normalization: Ba, Kiros and Hinton, arXiv 1607.06450.
#pragma once

#include <span>

#include "kernels/kernel.h"
#include "kernels/layer_norm/layer_norm_task.h"

namespace ingle {

using LayerNormKernel = Kernel<LayerNormTask>;
std::span<const LayerNormKernel> LayerNormKernels();

}  // namespace ingle
