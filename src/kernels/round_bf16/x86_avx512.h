#pragma once

#include "kernels/round_bf16/round_bf16_task.h"

namespace ingle {

void RoundBf16Avx512(const RoundBf16Task& task);

}  // namespace ingle
