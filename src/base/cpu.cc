#include "base/cpu.h"

#include <cstdlib>
#include <string_view>

namespace ingle {
namespace {

struct NamedFeature {
  std::string_view name;
  CpuFeature feature;
};
constexpr NamedFeature kNames[] = {{"avx2", kCpuAvx2}, {"neon", kCpuNeon}};

CpuFeatures Allowed() {
  const char* forced = std::getenv("INGLE_CPU");
  if (forced == nullptr || *forced == '\0') return ~CpuFeatures{0};
  for (const NamedFeature& named : kNames) {
    if (named.name == forced) return named.feature;
  }
  return 0;
}

}  // namespace

CpuFeatures UsableCpuFeatures() {
  static const CpuFeatures features = internal::HardwareFeatures() & Allowed();
  return features;
}

std::string ToString(CpuFeatures features) {
  std::string text;
  for (const NamedFeature& named : kNames) {
    if ((features & named.feature) == 0) continue;
    if (!text.empty()) text += ' ';
    text += named.name;
  }
  return text.empty() ? "scalar" : text;
}

}  // namespace ingle
