#include "kernels/elementwise/x86_avx512.h"

#include "kernels/x86_avx512_sixteen_inline.h"

#include "kernels/elementwise/by_lanes_inline.h"

namespace ingle {

void ActivateAvx512(const ActivateTask& task) { ActivateByLanes(task); }
void GluAvx512(const GluTask& task) { GluByLanes(task); }
void AddAvx512(const BinaryTask& task) { AddByLanes(task); }
void MultiplyAvx512(const BinaryTask& task) { MultiplyByLanes(task); }
void ScaleAvx512(const ScaleTask& task) { ScaleByLanes(task); }
void BlendAvx512(const BlendTask& task) { BlendByLanes(task); }

}  // namespace ingle
