#include "kernels/elementwise/x86_avx2.h"

#include "kernels/x86_avx2_eight_inline.h"

#include "kernels/elementwise/by_eight_inline.h"

namespace ingle {

void ActivateAvx2(const ActivateTask& task) { ActivateByEight(task); }
void GluAvx2(const GluTask& task) { GluByEight(task); }
void AddAvx2(const BinaryTask& task) { AddByEight(task); }
void MultiplyAvx2(const BinaryTask& task) { MultiplyByEight(task); }
void ScaleAvx2(const ScaleTask& task) { ScaleByEight(task); }
void BlendAvx2(const BlendTask& task) { BlendByEight(task); }

}  // namespace ingle
