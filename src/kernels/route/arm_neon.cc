#include "kernels/route/arm_neon.h"

#include "kernels/arm_neon_eight_inline.h"

#include "kernels/route/by_eight_inline.h"

namespace ingle {

void RouteNeon(const RouteTask& task) { RouteByEight(task); }

}  // namespace ingle
