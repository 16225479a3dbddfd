// The worker threads. One pool, owned by whoever runs models; kernels never start a thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace ingle {

class WorkerPool;

// A part of some work: of `units` equal ones, those in [begin, end).
struct WorkPart {
  int begin;
  int end;
  int units;

  // This part of [0, total): contiguous, in multiples of grain but for the end.
  struct Range {
    size_t begin;
    size_t end;
  };
  Range Share(size_t total, size_t grain = 1) const;
};

// What one thread knows of the team while a job runs.
class Worker {
 public:
  using Range = WorkPart::Range;

  int index() const { return index_; }  // 0 is the thread that called Run
  int count() const { return count_; }

  // Returns once every worker of the job has called it as often as this one has.
  void Barrier();

  // The part that is this worker's, if each has one.
  WorkPart part() const { return {index_, index_ + 1, count_}; }
  Range Share(size_t total, size_t grain = 1) const { return part().Share(total, grain); }

  // The first of 0, 1, 2 ... that no worker of the job has taken since the last barrier.
  int Take();

 private:
  friend class WorkerPool;
  Worker(WorkerPool& pool, int index, int count) : pool_(pool), index_(index), count_(count) {}

  WorkerPool& pool_;
  int index_;
  int count_;
};

// Workers spin briefly between jobs and then sleep: an idle pool uses no processor.
//
// Thread safety: one Run at a time; a second caller waits for the first.
class WorkerPool {
 public:
  // threads counts the calling thread, so 1 starts none. REQUIRES: threads >= 1.
  // Where threads cannot be had, the pool is smaller than asked; size() tells.
  explicit WorkerPool(int threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  int size() const;

  // Runs job on that many workers at once, this thread among them, and returns when all are done.
  // workers: 0 or more than there are is all. REQUIRES: job does not throw and does not call Run.
  void Run(const std::function<void(Worker&)>& job, int workers = 0);

 private:
  friend class Worker;
  struct Team;
  std::unique_ptr<Team> team_;
};

}  // namespace ingle
