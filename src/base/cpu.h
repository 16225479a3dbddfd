// What this processor can do, found at run time. Kernel tables choose by it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ingle {

using CpuFeatures = uint32_t;
enum CpuFeature : CpuFeatures {
  kCpuAvx2 = 1u << 0,  // with FMA and F16C: no processor has one without the others
  kCpuNeon = 1u << 1,
  kCpuAvxVnni = 1u << 2,     // dot products of int8 on 256 bits
  kCpuAvx512Vnni = 1u << 3,  // the same on 512; with AVX-512 F, BW, DQ and VL
  kCpuAmxInt8 = 1u << 4,     // products of int8 tiles; this process may use them
  kCpuDotprod = 1u << 5,     // dot products of int8 in NEON
  kCpuI8mm = 1u << 6,        // products of int8 matrices in NEON
  kCpuAmxBf16 = 1u << 7,     // products of bf16 tiles, as those of int8
};

// The features of this machine that Ingle has kernels for. The environment variable INGLE_CPU
// narrows them, to test or to work around: "scalar" leaves none, "neon", "dotprod" and "i8mm", or
// "avx2", "avxvnni", "avx512vnni", "amxbf16" and "amx", that one and what is older. Read once;
// thread safe. Any other text counts as "scalar".
CpuFeatures UsableCpuFeatures();

// What this machine has of the features that Ingle has kernels for.
struct HardwareFeatures {
  CpuFeatures usable = 0;
  CpuFeatures unsaved = 0;  // in the processor, but the system does not save their registers
  CpuFeatures refused = 0;  // in the processor, but the system refuses them to this process
};

// INGLE_CPU narrows nothing here. Read once; thread safe.
const HardwareFeatures& MachineFeatures();

// What the processor has and the system keeps back, and what may help; empty where it is nothing.
std::string KeptBack(const HardwareFeatures& features);

// Whether INGLE_CPU may have this value: "scalar", or a feature of this architecture.
bool IsCpuChoice(std::string_view text);

// All such values, "scalar, avx2, avxvnni".
std::string CpuChoices();

// "avx2 avx512vnni", or "scalar" for none.
std::string ToString(CpuFeatures features);

// How many cores this process may use: CoresInAffinityMask, but no more than ProcessorsInQuota. 1
// at least.
int UsableProcessors();

// The cores of the processors that this thread may run on; of those that share one (SMT) one
// counts. 1 at least. root: stands before /sys, for tests.
int CoresInAffinityMask(const std::string& root = "");

// The tightest quota of the control groups that this process is in, in processors,
// rounded up; nothing where none has one. root: stands before /proc and /sys, for tests.
std::optional<int> ProcessorsInQuota(const std::string& root = "");

// "AMD EPYC 7B13"; "unknown" where the system does not say.
std::string ProcessorName();

// One file an architecture.
namespace internal {
CpuFeatures ArchitectureFeatures();  // what its processors may have
HardwareFeatures DetectFeatures();
}  // namespace internal

}  // namespace ingle
