#pragma once

#include "kernels/elementwise/elementwise_task.h"

namespace ingle {

void ActivateAvx512(const ActivateTask& task);
void GluAvx512(const GluTask& task);
void AddAvx512(const BinaryTask& task);
void MultiplyAvx512(const BinaryTask& task);
void ScaleAvx512(const ScaleTask& task);
void BlendAvx512(const BlendTask& task);

}  // namespace ingle
