#include "kernels/elementwise/arm_neon.h"

#include "kernels/arm_neon_eight_inline.h"

#include "kernels/elementwise/by_lanes_inline.h"

namespace ingle {

void ActivateNeon(const ActivateTask& task) { ActivateByLanes(task); }
void GluNeon(const GluTask& task) { GluByLanes(task); }
void AddNeon(const BinaryTask& task) { AddByLanes(task); }
void MultiplyNeon(const BinaryTask& task) { MultiplyByLanes(task); }
void ScaleNeon(const ScaleTask& task) { ScaleByLanes(task); }
void BlendNeon(const BlendTask& task) { BlendByLanes(task); }

}  // namespace ingle
