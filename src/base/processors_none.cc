// A platform without threads that says nothing of its processor.
#include "base/cpu.h"

namespace ingle {

int CoresInAffinityMask(const std::string&) { return 1; }

std::optional<int> ProcessorsInQuota(const std::string&) { return std::nullopt; }

int UsableProcessors() { return 1; }

std::string ProcessorName() { return "unknown"; }

}  // namespace ingle
