#pragma once

#include "kernels/swiglu/swiglu_task.h"

namespace ingle {

void SwiGluAvx2(const SwiGluTask& task);

}  // namespace ingle
