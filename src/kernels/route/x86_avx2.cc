#include "kernels/route/x86_avx2.h"

#include "kernels/x86_avx2_eight_inline.h"

#include "kernels/route/by_eight_inline.h"

namespace ingle {

void RouteAvx2(const RouteTask& task) { RouteByEight(task); }

}  // namespace ingle
