// A platform that does not say.
#include "base/memory.h"

namespace ingle {

std::optional<uint64_t> AvailableMemory(const std::string&) { return std::nullopt; }

uint64_t ResidentMemory() { return 0; }

void PreferLargePages(const std::byte*, uint64_t) {}

void ForgetMapped(const std::byte*, uint64_t) {}
void ForgetContents(std::byte*, uint64_t) {}

}  // namespace ingle
