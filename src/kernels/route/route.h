// Which experts of a mixture a token takes: Shazeer et al., arXiv 1701.06538.
#pragma once

#include <span>

#include "kernels/kernel.h"
#include "kernels/route/route_task.h"

namespace ingle {

// Of equal scores the expert with the smaller number comes first. NaN counts as least.
using RouteKernel = Kernel<RouteTask>;
std::span<const RouteKernel> RouteKernels();

}  // namespace ingle
