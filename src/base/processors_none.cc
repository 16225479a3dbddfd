// A platform without threads.
#include "base/cpu.h"

namespace ingle {

std::optional<int> ProcessorsInQuota(const std::string&) { return std::nullopt; }

int UsableProcessors() { return 1; }

}  // namespace ingle
