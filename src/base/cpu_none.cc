// An architecture without kernels of its own.
#include "base/cpu.h"

namespace ingle::internal {

CpuFeatures ArchitectureFeatures() { return 0; }

HardwareFeatures DetectFeatures() { return {}; }

}  // namespace ingle::internal
