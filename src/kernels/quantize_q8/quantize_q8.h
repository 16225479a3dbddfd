// f32 activations to Q8 (kernels/q8_rows.h), rounded to nearest even. A block that holds a NaN or
// an infinity gets NaN for its unit, sums and centres, so the damage shows in the logits.
#pragma once

#include <span>

#include "kernels/kernel.h"
#include "kernels/quantize_q8/quantize_q8_task.h"

namespace ingle {

using QuantizeQ8Kernel = Kernel<QuantizeQ8Task>;
std::span<const QuantizeQ8Kernel> QuantizeQ8Kernels();

}  // namespace ingle
