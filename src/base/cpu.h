// What this processor can do, found at run time. Kernel tables choose by it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ingle {

using CpuFeatures = uint32_t;
enum CpuFeature : CpuFeatures {
  kCpuAvx2 = 1u << 0,  // with FMA and F16C: no processor has one without the others
  kCpuNeon = 1u << 1,
};

// The features of this machine that Ingle has kernels for. The environment variable INGLE_CPU
// narrows them, to test or to work around: "scalar" leaves none, "avx2" or "neon" that one.
// Read once; thread safe. Any other text counts as "scalar".
CpuFeatures UsableCpuFeatures();

// Whether INGLE_CPU may have this value.
bool IsCpuChoice(std::string_view text);

// "avx2", or "scalar" for none.
std::string ToString(CpuFeatures features);

// How many processors this process may use: its affinity mask and, rounded up, its cgroup's quota.
// 1 at least.
int UsableProcessors();

namespace internal {
CpuFeatures HardwareFeatures();  // one file an architecture
}  // namespace internal

}  // namespace ingle
