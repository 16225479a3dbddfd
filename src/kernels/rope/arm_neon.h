#pragma once

#include "kernels/rope/rope_task.h"

namespace ingle {

void RopeInterleavedNeon(const RopeTask& task);
void RopeHalvesNeon(const RopeTask& task);

}  // namespace ingle
