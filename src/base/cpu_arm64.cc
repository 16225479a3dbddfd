#include <sys/auxv.h>

#include "base/cpu.h"

namespace ingle::internal {

// Advanced SIMD is part of the AArch64 base architecture.
CpuFeatures HardwareFeatures() {
  CpuFeatures features = kCpuNeon;
  if ((getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0) features |= kCpuDotprod;
  return features;
}

}  // namespace ingle::internal
