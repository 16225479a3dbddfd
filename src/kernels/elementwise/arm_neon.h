#pragma once

#include "kernels/elementwise/elementwise_task.h"

namespace ingle {

void ActivateNeon(const ActivateTask& task);
void GluNeon(const GluTask& task);
void AddNeon(const BinaryTask& task);
void MultiplyNeon(const BinaryTask& task);
void ScaleNeon(const ScaleTask& task);
void BlendNeon(const BlendTask& task);

}  // namespace ingle
