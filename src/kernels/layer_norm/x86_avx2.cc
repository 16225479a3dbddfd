#include "kernels/layer_norm/x86_avx2.h"

#include "kernels/x86_avx2_eight_inline.h"

#include "kernels/layer_norm/by_eight_inline.h"

namespace ingle {

void LayerNormAvx2(const LayerNormTask& task) { LayerNormByEight(task); }

}  // namespace ingle
