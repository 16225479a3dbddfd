#include <sys/auxv.h>

#include "base/cpu.h"

namespace ingle::internal {

CpuFeatures ArchitectureFeatures() { return kCpuNeon | kCpuDotprod | kCpuI8mm; }

// Advanced SIMD is part of the AArch64 base architecture.
HardwareFeatures DetectFeatures() {
  CpuFeatures features = kCpuNeon;
  if ((getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0) features |= kCpuDotprod;
  if ((getauxval(AT_HWCAP2) & HWCAP2_I8MM) != 0) features |= kCpuI8mm;
  return {.usable = features};
}

}  // namespace ingle::internal
