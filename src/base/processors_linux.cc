#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <thread>

#include <sched.h>

#include "base/cpu.h"

namespace ingle {
namespace {

int ProcessorsInAffinityMask() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof(mask), &mask) != 0) {
    return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  }
  return std::max(1, CPU_COUNT(&mask));
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
  static const int count = std::min(ProcessorsInAffinityMask(), ProcessorsInCgroupQuota());
  return count;
}

}  // namespace ingle
