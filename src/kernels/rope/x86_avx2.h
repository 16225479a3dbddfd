#pragma once

#include "kernels/rope/rope_task.h"

namespace ingle {

void RopeInterleavedAvx2(const RopeTask& task);
void RopeHalvesAvx2(const RopeTask& task);

}  // namespace ingle
