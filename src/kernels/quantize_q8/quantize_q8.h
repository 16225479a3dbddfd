// f32 activations to int8: scale = max|x| / 127, q = x / scale rounded to nearest even. A group
// that holds a NaN or an infinity gets a NaN for its scale and sums, so the damage shows in the
// logits.
#pragma once

#include <span>

#include "kernels/kernel.h"
#include "kernels/quantize_q8/quantize_q8_task.h"

namespace ingle {

using QuantizeQ8Kernel = Kernel<QuantizeQ8Task>;
std::span<const QuantizeQ8Kernel> QuantizeQ8Kernels();

}  // namespace ingle
