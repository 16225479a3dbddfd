// What an x86 processor says that it has.
#pragma once

#include <cstdint>

#include "base/cpu.h"

namespace ingle::internal {

struct CpuidLeaf {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

struct Cpuid {
  CpuidLeaf basic;     // leaf 1
  CpuidLeaf extended;  // leaf 7
  CpuidLeaf more;      // leaf 7, part 1
};

// The features that Ingle has kernels for, of those whose registers the system saves. saved: XCR0.
CpuFeatures FeaturesOf(const Cpuid& cpuid, uint64_t saved);

}  // namespace ingle::internal
