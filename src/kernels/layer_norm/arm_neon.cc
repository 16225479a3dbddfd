#include "kernels/layer_norm/arm_neon.h"

#include "kernels/arm_neon_eight_inline.h"

#include "kernels/layer_norm/by_eight_inline.h"

namespace ingle {

void LayerNormNeon(const LayerNormTask& task) { LayerNormByEight(task); }

}  // namespace ingle
