#include "base/cpu_x86.h"

#include <gtest/gtest.h>

namespace ingle::internal {
namespace {

constexpr uint64_t kAvxSaved = 0x7;
constexpr uint64_t kAvx512Saved = 0xE7;
constexpr uint64_t kTilesSaved = 0x602E7;

Cpuid Everything() {
  constexpr CpuidLeaf kAll{~0u, ~0u, ~0u, ~0u};
  return {kAll, kAll, kAll};
}

TEST(FeaturesOf, AreThoseOfWhichTheSystemSavesTheRegisters) {
  const CpuFeatures avx2 = kCpuAvx2 | kCpuAvxVnni;
  EXPECT_EQ(FeaturesOf(Everything(), 0), 0u);
  EXPECT_EQ(FeaturesOf(Everything(), kAvxSaved), avx2);
  EXPECT_EQ(FeaturesOf(Everything(), kAvx512Saved), avx2 | kCpuAvx512Vnni);
  EXPECT_EQ(FeaturesOf(Everything(), kTilesSaved),
            avx2 | kCpuAvx512Vnni | kCpuAmxInt8 | kCpuAmxBf16);
}

TEST(FeaturesOf, AreThoseThatTheProcessorHas) {
  Cpuid cpuid = Everything();
  cpuid.extended.edx &= ~(1u << 25);
  EXPECT_EQ(FeaturesOf(cpuid, ~uint64_t{0}) & (kCpuAmxInt8 | kCpuAmxBf16), kCpuAmxBf16);
  cpuid.extended.ecx &= ~(1u << 11);
  EXPECT_EQ(FeaturesOf(cpuid, ~uint64_t{0}), kCpuAvx2 | kCpuAvxVnni);
  EXPECT_EQ(FeaturesOf({}, ~uint64_t{0}), 0u);
}

}  // namespace
}  // namespace ingle::internal
