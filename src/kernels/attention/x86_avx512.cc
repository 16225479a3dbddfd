#include "kernels/attention/x86_avx512.h"

#include "kernels/x86_avx512_sixteen_inline.h"

#include "kernels/attention/x86_avx512_codes_inline.h"

#include "kernels/attention/by_lanes_inline.h"

namespace ingle {

void AttentionAvx512(const AttentionTask& task) { AttentionByLanes(task); }

}  // namespace ingle
