#include <atomic>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/worker_pool.h"

namespace ingle {
namespace {

// How often to look before giving the processor away. A barrier inside a job is usually a few
// microseconds long; a spin of about that length avoids the kernel without starving whoever else
// wants the core (an oversubscribed machine is where endless spinning collapses).
constexpr int kSpins = 4000;

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Waits until value differs from seen: spins, then sleeps in the kernel (a futex on Linux).
void AwaitChange(const std::atomic<uint32_t>& value, uint32_t seen) {
  for (int i = 0; i < kSpins; ++i) {
    if (value.load(std::memory_order_acquire) != seen) return;
    Pause();
  }
  value.wait(seen, std::memory_order_acquire);
}

}  // namespace

// A job is announced by raising generation; the last worker to finish it lowers running to zero.
struct WorkerPool::Team {
  std::mutex one_job;
  const std::function<void(Worker&)>* job = nullptr;
  std::atomic<uint32_t> generation{0};
  std::atomic<uint32_t> running{0};
  bool stopping = false;

  // Sense by count: whoever arrives last resets arrived and opens the next phase.
  std::atomic<int> arrived{0};
  std::atomic<uint32_t> phase{0};

  std::vector<std::thread> threads;
  int size = 1;
};

WorkerPool::WorkerPool(int threads) : team_(std::make_unique<Team>()) {
  const auto loop = [this](int index) {
    uint32_t seen = 0;
    for (;;) {
      AwaitChange(team_->generation, seen);
      seen = team_->generation.load(std::memory_order_acquire);
      if (team_->stopping) return;
      Worker worker(*this, index, team_->size);
      (*team_->job)(worker);
      if (team_->running.fetch_sub(1, std::memory_order_acq_rel) == 1) team_->running.notify_one();
    }
  };
  for (int index = 1; index < threads; ++index) {
    try {
      team_->threads.emplace_back(loop, index);
    } catch (const std::system_error&) {
      break;  // the system's limit: work with what there is
    }
    team_->size = index + 1;
  }
}

WorkerPool::~WorkerPool() {
  team_->stopping = true;
  team_->generation.fetch_add(1, std::memory_order_release);
  team_->generation.notify_all();
  for (std::thread& thread : team_->threads) thread.join();
}

int WorkerPool::size() const { return team_->size; }

void WorkerPool::Run(const std::function<void(Worker&)>& job) {
  const std::lock_guard lock(team_->one_job);
  team_->job = &job;
  team_->running.store(static_cast<uint32_t>(team_->size - 1), std::memory_order_relaxed);
  team_->generation.fetch_add(1, std::memory_order_release);
  team_->generation.notify_all();

  Worker worker(*this, 0, team_->size);
  job(worker);

  for (;;) {
    const uint32_t running = team_->running.load(std::memory_order_acquire);
    if (running == 0) break;
    AwaitChange(team_->running, running);
  }
}

void Worker::Barrier() {
  WorkerPool::Team& team = *pool_.team_;
  if (count_ == 1) return;
  const uint32_t phase = team.phase.load(std::memory_order_acquire);
  if (team.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == count_) {
    team.arrived.store(0, std::memory_order_relaxed);
    team.phase.fetch_add(1, std::memory_order_release);
    team.phase.notify_all();
    return;
  }
  AwaitChange(team.phase, phase);
}

}  // namespace ingle
