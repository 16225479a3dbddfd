// A platform without threads: the caller is the whole team.
#include "base/worker_pool.h"

namespace ingle {

struct WorkerPool::Team {
  int taken = 0;
};

WorkerPool::WorkerPool(int /*threads*/) : team_(std::make_unique<Team>()) {}
WorkerPool::~WorkerPool() = default;

int WorkerPool::size() const { return 1; }

void WorkerPool::Run(const std::function<void(Worker&)>& job, int /*workers*/) {
  team_->taken = 0;
  Worker worker(*this, 0, 1);
  job(worker);
}

void Worker::Barrier() { pool_.team_->taken = 0; }
int Worker::Take() { return pool_.team_->taken++; }

}  // namespace ingle
