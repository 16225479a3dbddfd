#pragma once

#include "kernels/route/route_task.h"

namespace ingle {

void RouteNeon(const RouteTask& task);

}  // namespace ingle
