// Softmax attention over a paged cache.
#pragma once

#include <span>

#include "kernels/attention/attention_task.h"
#include "kernels/kernel.h"

namespace ingle {

// A query's result depends on nothing but the query and the cache: page by page, in order. So it is
// bit for bit the same in any block.
using AttentionKernel = Kernel<AttentionTask>;
std::span<const AttentionKernel> AttentionKernels();

}  // namespace ingle
