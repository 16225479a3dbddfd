#include "kernels/rms_norm/arm_neon.h"

#include "kernels/arm_neon_eight_inline.h"

#include "kernels/rms_norm/by_eight_inline.h"

namespace ingle {

void RmsNormNeon(const RmsNormTask& task) { RmsNormByEight(task); }
void RescaleNeon(const RescaleTask& task) { RescaleByEight(task); }

}  // namespace ingle
