#include "base/memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string_view>

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/control_groups.h"

namespace ingle {
namespace {

uint64_t PageBytes() { return static_cast<uint64_t>(sysconf(_SC_PAGESIZE)); }

struct Range {
  std::byte* data;
  uint64_t bytes;
};

// The whole pages in a range.
Range WholePages(std::byte* data, uint64_t bytes, uint64_t page) {
  const auto address = reinterpret_cast<uintptr_t>(data);
  const uint64_t begin = (address + page - 1) / page * page;
  const uint64_t end = (address + bytes) / page * page;
  return {data + (begin - address), begin < end ? end - begin : 0};
}

// The number behind a name, where a file has a line of each: "MemAvailable:   24067432 kB".
std::optional<uint64_t> NumberOf(const std::string& path, std::string_view name) {
  std::ifstream file(path);
  std::string word;
  while (file >> word) {
    uint64_t number = 0;
    if (word == name && file >> number) return number;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::nullopt;
}

std::optional<uint64_t> NumberIn(const std::string& path) {
  std::ifstream file(path);
  uint64_t number = 0;
  if (!(file >> number)) return std::nullopt;  // "max" among others
  return number;
}

// The names that a version of control groups has for what is in a group and in those inside it.
struct GroupFiles {
  const char* limit;
  const char* used;
  const char* inactive_file;  // in memory.stat
  const char* active_file;
};
constexpr GroupFiles kGroupFiles[] = {
    {"/memory.max", "/memory.current", "inactive_file", "active_file"},
    {"/memory.limit_in_bytes", "/memory.usage_in_bytes", "total_inactive_file",
     "total_active_file"}};

// What a group leaves. Of what it has, cached files would be given back.
std::optional<uint64_t> LeftInGroup(const std::string& folder, const GroupFiles& files) {
  constexpr uint64_t kNoLimit = uint64_t{1} << 62;  // version 1 says 2^63 less a page
  const auto limit = NumberIn(folder + files.limit);
  const auto used = NumberIn(folder + files.used);
  if (!limit || !used || *limit >= kNoLimit) return std::nullopt;
  const uint64_t cached = NumberOf(folder + "/memory.stat", files.inactive_file).value_or(0) +
                          NumberOf(folder + "/memory.stat", files.active_file).value_or(0);
  const uint64_t held = *used - std::min(*used, cached);
  return *limit - std::min(*limit, held);
}

// The least that the group and those that it is in leave.
std::optional<uint64_t> LeftInGroups(const std::string& root) {
  std::optional<uint64_t> least;
  for (const std::string& folder : ControlGroupFolders("memory", root)) {
    for (const GroupFiles& files : kGroupFiles) {
      const auto left = LeftInGroup(folder, files);
      if (left) least = std::min(left.value(), least.value_or(*left));
    }
  }
  return least;
}

std::optional<uint64_t> LeftOfAddresses(const std::string& root) {
  struct rlimit limit {};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  const auto pages = NumberIn(root + "/proc/self/statm");
  if (!pages) return std::nullopt;
  const auto most = static_cast<uint64_t>(limit.rlim_cur);
  return most - std::min(most, *pages * PageBytes());
}

}  // namespace

std::optional<uint64_t> AvailableMemory(const std::string& root) {
  constexpr uint64_t kUnit = 1024;
  std::optional<uint64_t> least = NumberOf(root + "/proc/meminfo", "MemAvailable:");
  if (least) *least *= kUnit;
  for (const auto& limit : {LeftInGroups(root), LeftOfAddresses(root)}) {
    if (limit) least = std::min(*limit, least.value_or(*limit));
  }
  return least;
}

uint64_t ResidentMemory() {
  std::ifstream file("/proc/self/statm");
  uint64_t all = 0, resident = 0;
  if (!(file >> all >> resident)) return 0;
  return resident * PageBytes();
}

void PreferLargePages(const std::byte* data, uint64_t bytes) {
  const Range range = WholePages(const_cast<std::byte*>(data), bytes, kLargePage);
  if (range.bytes > 0) madvise(range.data, range.bytes, MADV_HUGEPAGE);
}

void ForgetMapped(const std::byte* data, uint64_t bytes) {
  const Range range = WholePages(const_cast<std::byte*>(data), bytes, PageBytes());
  if (range.bytes > 0) madvise(range.data, range.bytes, MADV_DONTNEED);
}

void ForgetContents(std::byte* data, uint64_t bytes) { ForgetMapped(data, bytes); }

}  // namespace ingle
