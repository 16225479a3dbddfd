// f32 activations to BF16, to the nearest, of two equally near to the larger magnitude. What is not
// a number stays so.
#pragma once

#include <span>

#include "kernels/kernel.h"
#include "kernels/round_bf16/round_bf16_task.h"

namespace ingle {

using RoundBf16Kernel = Kernel<RoundBf16Task>;
std::span<const RoundBf16Kernel> RoundBf16Kernels();

}  // namespace ingle
