// What is right, one element after the other.
#pragma once

#include "kernels/recurrent/recurrent_task.h"

namespace ingle {

void ShortConvScalar(const ShortConvTask& task);
void SelectiveScanScalar(const SelectiveScanTask& task);
void DeltaRuleScalar(const DeltaRuleTask& task);

}  // namespace ingle
