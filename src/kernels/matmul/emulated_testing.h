// Kernels for instructions that this machine need not have, for tests.
#pragma once

#include <vector>

#include "kernels/matmul/matmul.h"

namespace ingle {

// Compiled from the same files as the true ones, but that every instruction is computed by others.
std::vector<MatMulKernel> EmulatedKernels();

}  // namespace ingle
