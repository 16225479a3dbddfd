#pragma once

#include "kernels/recurrent/recurrent_task.h"

namespace ingle {

void ShortConvAvx2(const ShortConvTask& task);
void SelectiveScanAvx2(const SelectiveScanTask& task);
void DeltaRuleAvx2(const DeltaRuleTask& task);

}  // namespace ingle
