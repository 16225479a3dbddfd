#include "kernels/rope/arm_neon.h"

#include "kernels/arm_neon_eight_inline.h"

#include "kernels/rope/by_eight_inline.h"

namespace ingle {

void RopeInterleavedNeon(const RopeTask& task) { RopeInterleavedByEight(task); }
void RopeHalvesNeon(const RopeTask& task) { RopeHalvesByEight(task); }

}  // namespace ingle
