#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/spin_time.h"
#include "base/worker_pool.h"

namespace ingle {
namespace {

// Time is told by the clock, for a pause is 40 cycles long on some processors and 140 on others.
constexpr int kLooksBetweenClocks = 16;

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Whether value differs from seen within a few looks, half a microsecond or two.
bool ChangesSoon(const std::atomic<uint32_t>& value, uint32_t seen) {
  for (int i = 0; i < kLooksBetweenClocks; ++i) {
    if (value.load(std::memory_order_acquire) != seen) return true;
    Pause();
  }
  return false;
}

// Most waits end before the clock is read once.
bool ChangesWithin(std::chrono::nanoseconds time, const std::atomic<uint32_t>& value,
                   uint32_t seen) {
  using Clock = std::chrono::steady_clock;
  if (ChangesSoon(value, seen)) return true;
  const Clock::time_point end = Clock::now() + time;
  while (Clock::now() < end) {
    if (ChangesSoon(value, seen)) return true;
  }
  return false;
}

// Waits until value differs from seen: spins, then sleeps in the kernel (a futex on Linux).
void AwaitChange(const std::atomic<uint32_t>& value, uint32_t seen) {
  if (!ChangesWithin(kLongestSpin, value, seen)) value.wait(seen, std::memory_order_acquire);
}

// The same at a barrier. What a thread learns there of who else wants the processors is true for
// the next job, too, and for one of another pool.
void AwaitPhase(const std::atomic<uint32_t>& phase, uint32_t seen) {
  thread_local SpinTime spin;
  if (ChangesWithin(spin.now(), phase, seen)) return spin.WasWorthIt();
  spin.WasInVain();
  phase.wait(seen, std::memory_order_acquire);
}

}  // namespace

// A call to a job: its number and, in the low bits, how many workers it is for, so that a worker
// who sees it sees both. A call for no workers ends the threads.
constexpr uint32_t kWorkerBits = 12;
constexpr uint32_t kMostWorkers = (1u << kWorkerBits) - 1;

uint32_t NextCall(uint32_t call, int workers) {
  return ((call >> kWorkerBits) + 1) << kWorkerBits | static_cast<uint32_t>(workers);
}

int WorkersOf(uint32_t call) { return static_cast<int>(call & kMostWorkers); }

// The last worker to finish a job lowers running to zero.
struct WorkerPool::Team {
  std::mutex one_job;
  const std::function<void(Worker&)>* job = nullptr;
  std::atomic<uint32_t> call{0};
  std::atomic<uint32_t> running{0};

  // Sense by count: whoever arrives last resets arrived and taken, and opens the next phase. Who
  // waits for a phase looks at it all the time, and would slow down those who still take if both
  // were in one cache line.
  std::atomic<int> arrived{0};
  alignas(64) std::atomic<uint32_t> phase{0};
  alignas(64) std::atomic<int> taken{0};

  std::vector<std::thread> threads;
  int size = 1;
};

WorkerPool::WorkerPool(int threads) : team_(std::make_unique<Team>()) {
  const auto loop = [this](int index) {
    uint32_t seen = 0;
    for (;;) {
      AwaitChange(team_->call, seen);
      seen = team_->call.load(std::memory_order_acquire);
      if (WorkersOf(seen) == 0) return;
      if (index >= WorkersOf(seen)) continue;
      Worker worker(*this, index, WorkersOf(seen));
      (*team_->job)(worker);
      if (team_->running.fetch_sub(1, std::memory_order_acq_rel) == 1) team_->running.notify_one();
    }
  };
  const int most = std::min(threads, static_cast<int>(kMostWorkers));
  for (int index = 1; index < most; ++index) {
    try {
      team_->threads.emplace_back(loop, index);
    } catch (const std::system_error&) {
      break;  // the system's limit: work with what there is
    }
    team_->size = index + 1;
  }
}

WorkerPool::~WorkerPool() {
  team_->call.store(NextCall(team_->call, 0), std::memory_order_release);
  team_->call.notify_all();
  for (std::thread& thread : team_->threads) thread.join();
}

int WorkerPool::size() const { return team_->size; }

void WorkerPool::Run(const std::function<void(Worker&)>& job, int workers) {
  const std::lock_guard lock(team_->one_job);
  if (workers <= 0 || workers > team_->size) workers = team_->size;
  team_->job = &job;
  team_->running.store(static_cast<uint32_t>(workers - 1), std::memory_order_relaxed);
  team_->taken.store(0, std::memory_order_relaxed);
  team_->call.store(NextCall(team_->call, workers), std::memory_order_release);
  team_->call.notify_all();

  Worker worker(*this, 0, workers);
  job(worker);

  for (;;) {
    const uint32_t running = team_->running.load(std::memory_order_acquire);
    if (running == 0) break;
    AwaitChange(team_->running, running);
  }
}

int Worker::Take() { return pool_.team_->taken.fetch_add(1, std::memory_order_relaxed); }

void Worker::Barrier() {
  WorkerPool::Team& team = *pool_.team_;
  if (count_ == 1) return team.taken.store(0, std::memory_order_relaxed);
  const uint32_t phase = team.phase.load(std::memory_order_acquire);
  if (team.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == count_) {
    team.arrived.store(0, std::memory_order_relaxed);
    team.taken.store(0, std::memory_order_relaxed);
    team.phase.fetch_add(1, std::memory_order_release);
    team.phase.notify_all();
    return;
  }
  AwaitPhase(team.phase, phase);
}

}  // namespace ingle
