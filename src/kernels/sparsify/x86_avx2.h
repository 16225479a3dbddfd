#pragma once

#include "kernels/sparsify/sparsify_task.h"

namespace ingle {

void SparsifyAvx2(const SparsifyTask& task);

}  // namespace ingle
