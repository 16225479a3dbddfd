#include "kernels/matmul/emulated_testing.h"

namespace ingle {

std::vector<MatMulKernel> EmulatedKernels() { return {}; }

}  // namespace ingle
