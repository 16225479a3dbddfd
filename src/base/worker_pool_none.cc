// A platform without threads: the caller is the whole team.
#include "base/worker_pool.h"

namespace ingle {

struct WorkerPool::Team {};

WorkerPool::WorkerPool(int /*threads*/) {}
WorkerPool::~WorkerPool() = default;

int WorkerPool::size() const { return 1; }

void WorkerPool::Run(const std::function<void(Worker&)>& job, int /*workers*/) {
  Worker worker(*this, 0, 1);
  job(worker);
}

void Worker::Barrier() {}

}  // namespace ingle
