#include "base/cpu.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "base/error.h"

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

bool IsOfArchitecture(const NamedFeature& named) {
  return (internal::ArchitectureFeatures() & named.feature) != 0;
}

CpuFeatures Allowed() {
  const char* forced = std::getenv("INGLE_CPU");
  if (forced == nullptr || *forced == '\0') return ~CpuFeatures{0};
  CpuFeatures allowed = 0;
  for (const NamedFeature& named : kNames) {
    if (!IsOfArchitecture(named)) continue;
    allowed |= named.feature;
    if (named.name == forced) return allowed;
  }
  return 0;
}

}  // namespace

const HardwareFeatures& MachineFeatures() {
  static const HardwareFeatures features = internal::DetectFeatures();
  return features;
}

CpuFeatures UsableCpuFeatures() {
  static const CpuFeatures features = MachineFeatures().usable & Allowed();
  return features;
}

std::string KeptBack(const HardwareFeatures& features) {
  std::string text;
  if (features.unsaved != 0) {
    text = Cat("the processor has ", ToString(features.unsaved),
               ", whose registers the system does not save: its kernel may be too old (Linux 5.16 "
               "saves those of amx), or it or the virtual machine is set not to");
  }
  if (features.refused != 0) {
    text += Cat(text.empty() ? "" : "; ", "the processor has ", ToString(features.refused),
                ", which the system refuses to this process: a sandbox or a container's seccomp "
                "profile has to permit arch_prctl");
  }
  return text;
}

bool IsCpuChoice(std::string_view text) {
  return text == kNoFeature ||
         std::any_of(std::begin(kNames), std::end(kNames), [text](const NamedFeature& named) {
           return IsOfArchitecture(named) && named.name == text;
         });
}

std::string CpuChoices() {
  std::string text(kNoFeature);
  for (const NamedFeature& named : kNames) {
    if (IsOfArchitecture(named)) text += Cat(", ", named.name);
  }
  return text;
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
