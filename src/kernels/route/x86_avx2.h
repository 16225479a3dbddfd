#pragma once

#include "kernels/route/route_task.h"

namespace ingle {

void RouteAvx2(const RouteTask& task);

}  // namespace ingle
