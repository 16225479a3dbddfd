#pragma once

#include "kernels/attention/attention_task.h"

namespace ingle {

void AttentionAvx512(const AttentionTask& task);

}  // namespace ingle
