#pragma once

#include "kernels/rms_norm/rms_norm_task.h"

namespace ingle {

void RmsNormNeon(const RmsNormTask& task);
void RescaleNeon(const RescaleTask& task);

}  // namespace ingle
