#pragma once

#include "kernels/recurrent/recurrent_task.h"

namespace ingle {

void ShortConvNeon(const ShortConvTask& task);
void SelectiveScanNeon(const SelectiveScanTask& task);
void DeltaRuleNeon(const DeltaRuleTask& task);

}  // namespace ingle
