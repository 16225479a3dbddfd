#include "base/cpu.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

namespace ingle {
namespace {

struct NamedFeature {
  std::string_view name;
  CpuFeature feature;
};
// Oldest first: each comes with what stands before it.
constexpr NamedFeature kNames[] = {{"neon", kCpuNeon},       {"dotprod", kCpuDotprod},
                                   {"i8mm", kCpuI8mm},       {"avx2", kCpuAvx2},
                                   {"avxvnni", kCpuAvxVnni}, {"avx512vnni", kCpuAvx512Vnni},
                                   {"amxbf16", kCpuAmxBf16}, {"amx", kCpuAmxInt8}};
constexpr std::string_view kNoFeature = "scalar";

CpuFeatures Allowed() {
  const char* forced = std::getenv("INGLE_CPU");
  if (forced == nullptr || *forced == '\0') return ~CpuFeatures{0};
  CpuFeatures allowed = 0;
  for (const NamedFeature& named : kNames) {
    allowed |= named.feature;
    if (named.name == forced) return allowed;
  }
  return 0;
}

}  // namespace

CpuFeatures UsableCpuFeatures() {
  static const CpuFeatures features = internal::HardwareFeatures() & Allowed();
  return features;
}

bool IsCpuChoice(std::string_view text) {
  return text == kNoFeature ||
         std::any_of(std::begin(kNames), std::end(kNames),
                     [text](const NamedFeature& named) { return named.name == text; });
}

std::string ToString(CpuFeatures features) {
  std::string text;
  for (const NamedFeature& named : kNames) {
    if ((features & named.feature) == 0) continue;
    if (!text.empty()) text += ' ';
    text += named.name;
  }
  return text.empty() ? std::string(kNoFeature) : text;
}

}  // namespace ingle
