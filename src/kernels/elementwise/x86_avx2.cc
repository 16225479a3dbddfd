#include "kernels/elementwise/x86_avx2.h"

#include "kernels/x86_avx2_eight_inline.h"

#include "kernels/elementwise/by_lanes_inline.h"

namespace ingle {

void ActivateAvx2(const ActivateTask& task) { ActivateByLanes(task); }
void GluAvx2(const GluTask& task) { GluByLanes(task); }
void AddAvx2(const BinaryTask& task) { AddByLanes(task); }
void MultiplyAvx2(const BinaryTask& task) { MultiplyByLanes(task); }
void ScaleAvx2(const ScaleTask& task) { ScaleByLanes(task); }
void BlendAvx2(const BlendTask& task) { BlendByLanes(task); }

}  // namespace ingle
