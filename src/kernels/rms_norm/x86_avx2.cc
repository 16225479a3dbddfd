#include "kernels/rms_norm/x86_avx2.h"

#include "kernels/x86_avx2_eight_inline.h"

#include "kernels/rms_norm/by_eight_inline.h"

namespace ingle {

void RmsNormAvx2(const RmsNormTask& task) { RmsNormByEight(task); }
void RescaleAvx2(const RescaleTask& task) { RescaleByEight(task); }

}  // namespace ingle
