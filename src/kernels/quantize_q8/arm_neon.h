#pragma once

#include "kernels/quantize_q8/quantize_q8_task.h"

namespace ingle {

void QuantizeQ8Neon(const QuantizeQ8Task& task);

}  // namespace ingle
