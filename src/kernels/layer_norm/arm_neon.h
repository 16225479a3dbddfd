#pragma once

#include "kernels/layer_norm/layer_norm_task.h"

namespace ingle {

void LayerNormNeon(const LayerNormTask& task);

}  // namespace ingle
