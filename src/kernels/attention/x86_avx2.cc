#include "kernels/attention/x86_avx2.h"

#include "kernels/x86_avx2_eight_inline.h"

#include "kernels/attention/x86_avx2_codes_inline.h"

#include "kernels/attention/by_lanes_inline.h"

namespace ingle {

void AttentionAvx2(const AttentionTask& task) { AttentionByLanes(task); }

}  // namespace ingle
