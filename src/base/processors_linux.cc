#include <algorithm>
#include <cmath>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include <sched.h>

#include "base/control_groups.h"
#include "base/cpu.h"
#include "base/error.h"

namespace ingle {
namespace {

// Which processors share a core with this one, as the system lists them; or itself, where it does
// not say.
std::string CoreOf(int processor, const std::string& root) {
  std::ifstream file(
      Cat(root, "/sys/devices/system/cpu/cpu", processor, "/topology/thread_siblings_list"));
  std::string siblings;
  return std::getline(file, siblings) ? siblings : Cat(processor);
}

// The processors that a group may use: its time in each period, both in microseconds. Version 2 has
// one file, with "max" where there is no limit, which is read as 0; version 1 has two, with -1.
std::optional<double> QuotaOf(const std::string& folder) {
  double quota = 0;
  double period = 0;
  std::ifstream(folder + "/cpu.max") >> quota >> period;
  if (quota == 0) {
    std::ifstream(folder + "/cpu.cfs_quota_us") >> quota;
    std::ifstream(folder + "/cpu.cfs_period_us") >> period;
  }
  if (quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

}  // namespace

int CoresInAffinityMask(const std::string& root) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof(mask), &mask) != 0) {
    return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  }
  std::set<std::string> cores;
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (CPU_ISSET(processor, &mask)) cores.insert(CoreOf(processor, root));
  }
  return std::max(1, static_cast<int>(cores.size()));
}

std::optional<int> ProcessorsInQuota(const std::string& root) {
  constexpr double kMost = 1 << 20;
  std::optional<double> tightest;
  for (const std::string& folder : ControlGroupFolders("cpu", root)) {
    const auto quota = QuotaOf(folder);
    if (quota) tightest = std::min(*quota, tightest.value_or(*quota));
  }
  if (!tightest) return std::nullopt;
  return static_cast<int>(std::ceil(std::min(*tightest, kMost)));
}

int UsableProcessors() {
  static const int count = [] {
    const int cores = CoresInAffinityMask();
    return std::min(cores, ProcessorsInQuota().value_or(cores));
  }();
  return count;
}

std::string ProcessorName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

}  // namespace ingle
