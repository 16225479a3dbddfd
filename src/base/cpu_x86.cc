#include "base/cpu_x86.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ingle::internal {
namespace {

// Intel, "Software Developer's Manual", volume 2A, CPUID; volume 1, chapter 13, XCR0.
constexpr uint32_t Bit(int number) { return 1u << number; }
constexpr uint64_t kAvxState = 0x6;
constexpr uint64_t kAvx512State = 0xE0;
constexpr uint64_t kAmxState = 0x60000;

constexpr CpuFeatures kTiles = kCpuAmxInt8 | kCpuAmxBf16;

CpuidLeaf ReadLeaf(uint32_t number, uint32_t part) {
  CpuidLeaf leaf;
  __get_cpuid_count(number, part, &leaf.eax, &leaf.ebx, &leaf.ecx, &leaf.edx);
  return leaf;
}

// Which registers the system saves when it switches threads.
uint64_t SavedState(const CpuidLeaf& basic) {
  if ((basic.ecx & Bit(27)) == 0) return 0;
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
}

// Linux saves tiles for processes that have asked for them.
bool AskForTiles() {
  constexpr long kRequestPermission = 0x1023;
  constexpr long kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

}  // namespace

CpuFeatures FeaturesOf(const Cpuid& cpuid, uint64_t saved) {
  const auto& [basic, extended, more] = cpuid;
  const auto all = [](uint32_t bits, uint32_t wanted) { return (bits & wanted) == wanted; };
  const auto saves = [saved](uint64_t wanted) { return (saved & wanted) == wanted; };

  const bool avx2 =
      saves(kAvxState) && all(basic.ecx, Bit(12) | Bit(28) | Bit(29)) && all(extended.ebx, Bit(5));
  if (!avx2) return 0;
  CpuFeatures features = kCpuAvx2;
  if (all(more.eax, Bit(4))) features |= kCpuAvxVnni;
  if (saves(kAvx512State) && all(extended.ebx, Bit(16) | Bit(17) | Bit(30) | Bit(31)) &&
      all(extended.ecx, Bit(11))) {
    features |= kCpuAvx512Vnni;
    const bool tiles = saves(kAmxState) && all(extended.edx, Bit(24));
    if (tiles && all(extended.edx, Bit(25))) features |= kCpuAmxInt8;
    if (tiles && all(extended.edx, Bit(22))) features |= kCpuAmxBf16;
  }
  return features;
}

CpuFeatures ArchitectureFeatures() { return kCpuAvx2 | kCpuAvxVnni | kCpuAvx512Vnni | kTiles; }

HardwareFeatures DetectFeatures() {
  const Cpuid cpuid{ReadLeaf(1, 0), ReadLeaf(7, 0), ReadLeaf(7, 1)};
  HardwareFeatures features;
  features.usable = FeaturesOf(cpuid, SavedState(cpuid.basic));
  features.unsaved = FeaturesOf(cpuid, ~uint64_t{0}) & ~features.usable;
  const CpuFeatures tiles = features.usable & kTiles;
  if (tiles != 0 && !AskForTiles()) {
    features.usable &= ~tiles;
    features.refused = tiles;
  }
  return features;
}

}  // namespace ingle::internal
