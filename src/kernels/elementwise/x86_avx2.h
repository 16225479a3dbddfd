#pragma once

#include "kernels/elementwise/elementwise_task.h"

namespace ingle {

void ActivateAvx2(const ActivateTask& task);
void GluAvx2(const GluTask& task);
void AddAvx2(const BinaryTask& task);
void MultiplyAvx2(const BinaryTask& task);
void ScaleAvx2(const ScaleTask& task);
void BlendAvx2(const BlendTask& task);

}  // namespace ingle
