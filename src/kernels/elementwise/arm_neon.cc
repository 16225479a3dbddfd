#include "kernels/elementwise/arm_neon.h"

#include "kernels/arm_neon_eight_inline.h"

#include "kernels/elementwise/by_eight_inline.h"

namespace ingle {

void ActivateNeon(const ActivateTask& task) { ActivateByEight(task); }
void GluNeon(const GluTask& task) { GluByEight(task); }
void AddNeon(const BinaryTask& task) { AddByEight(task); }
void MultiplyNeon(const BinaryTask& task) { MultiplyByEight(task); }
void ScaleNeon(const ScaleTask& task) { ScaleByEight(task); }
void BlendNeon(const BlendTask& task) { BlendByEight(task); }

}  // namespace ingle
