#include "kernels/attention/arm_neon.h"

#include "kernels/arm_neon_eight_inline.h"

#include "kernels/attention/arm_neon_codes_inline.h"

#include "kernels/attention/by_lanes_inline.h"

namespace ingle {

void AttentionNeon(const AttentionTask& task) { AttentionByLanes(task); }

}  // namespace ingle
