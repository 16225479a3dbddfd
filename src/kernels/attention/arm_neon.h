#pragma once

#include "kernels/attention/attention_task.h"

namespace ingle {

void AttentionNeon(const AttentionTask& task);

}  // namespace ingle
