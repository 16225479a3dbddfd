#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include <sched.h>

#include "base/cpu.h"
#include "base/error.h"

namespace ingle {
namespace {

// Which processors share a core with this one, as the system lists them; or itself, where it does
// not say.
std::string CoreOf(int processor) {
  std::ifstream file(
      Cat("/sys/devices/system/cpu/cpu", processor, "/topology/thread_siblings_list"));
  std::string siblings;
  return std::getline(file, siblings) ? siblings : Cat(processor);
}

int CoresInAffinityMask() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof(mask), &mask) != 0) {
    return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  }
  std::set<std::string> cores;
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (CPU_ISSET(processor, &mask)) cores.insert(CoreOf(processor));
  }
  return std::max(1, static_cast<int>(cores.size()));
}

// cgroup v2 writes "MAX PERIOD" in microseconds, MAX being "max" without a limit.
int ProcessorsInCgroupQuota() {
  constexpr int kUnlimited = 1 << 20;
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0;
  double period = 0;
  if (!(file >> quota >> period) || quota <= 0 || period <= 0) return kUnlimited;
  return std::max(1, static_cast<int>(std::min(std::ceil(quota / period), double{kUnlimited})));
}

}  // namespace

int UsableProcessors() {
  static const int count = std::min(CoresInAffinityMask(), ProcessorsInCgroupQuota());
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
