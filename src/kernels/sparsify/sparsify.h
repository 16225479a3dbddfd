// The statistical top-k: You et al., "Spark Transformer", arXiv 2506.06644, section 3.
#pragma once

#include <span>

#include "kernels/kernel.h"
#include "kernels/sparsify/sparsify_task.h"

namespace ingle {

using SparsifyKernel = Kernel<SparsifyTask>;
std::span<const SparsifyKernel> SparsifyKernels();

}  // namespace ingle
