#pragma once

#include "kernels/attention/attention_task.h"

namespace ingle {

void AttentionAvx2(const AttentionTask& task);

}  // namespace ingle
