#include "base/cpu.h"

namespace ingle::internal {

CpuFeatures HardwareFeatures() {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  return avx2 ? CpuFeatures{kCpuAvx2} : 0;
}

}  // namespace ingle::internal
