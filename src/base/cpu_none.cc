// An architecture without kernels of its own.
#include "base/cpu.h"

namespace ingle::internal {

CpuFeatures HardwareFeatures() { return 0; }

}  // namespace ingle::internal
