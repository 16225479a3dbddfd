#pragma once

#include "kernels/rms_norm/rms_norm_task.h"

namespace ingle {

void RmsNormAvx2(const RmsNormTask& task);
void RescaleAvx2(const RescaleTask& task);

}  // namespace ingle
