#include "kernels/rope/x86_avx2.h"

#include "kernels/x86_avx2_eight_inline.h"

#include "kernels/rope/by_eight_inline.h"

namespace ingle {

void RopeInterleavedAvx2(const RopeTask& task) { RopeInterleavedByEight(task); }
void RopeHalvesAvx2(const RopeTask& task) { RopeHalvesByEight(task); }

}  // namespace ingle
