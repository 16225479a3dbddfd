#include "base/cpu.h"

namespace ingle::internal {

// Advanced SIMD is part of the AArch64 base architecture.
CpuFeatures HardwareFeatures() { return kCpuNeon; }

}  // namespace ingle::internal
