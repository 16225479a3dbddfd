#include "base/worker_pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <numeric>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace ingle {
namespace {

TEST(WorkerPool, EveryWorkerRunsEveryJobOnce) {
  for (int threads : {1, 2, 5}) {
    WorkerPool pool(threads);
    std::vector<int> runs(static_cast<size_t>(pool.size()));
    for (int job = 0; job < 500; ++job) {
      pool.Run([&](Worker& worker) { ++runs[static_cast<size_t>(worker.index())]; });
    }
    for (const int count : runs) EXPECT_EQ(count, 500);
  }
}

TEST(WorkerPool, AJobMayBeForSome) {
  WorkerPool pool(4);
  std::vector<int> runs(static_cast<size_t>(pool.size()));
  std::atomic<int> miscounted{0};
  for (int job = 0; job < 600; ++job) {
    const int workers = job % (pool.size() + 2);  // none and too many are all
    pool.Run(
        [&](Worker& worker) {
          ++runs[static_cast<size_t>(worker.index())];
          const int want = workers == 0 || workers > pool.size() ? pool.size() : workers;
          miscounted += worker.count() != want;
          worker.Barrier();
        },
        workers);
  }
  EXPECT_EQ(miscounted, 0);
  for (int index = 0; index < pool.size(); ++index) {
    EXPECT_EQ(runs[static_cast<size_t>(index)], 100 * (6 - index)) << index;
  }
}

// Who was not called may still be looking at the last call when the pool ends.
TEST(WorkerPool, EndsWorkersThatWereNotCalled) {
  for (int i = 0; i < 100; ++i) {
    WorkerPool pool(4);
    pool.Run([](Worker&) {}, 2);
  }
}

// Phase p of every worker must see phase p - 1 of all the others.
TEST(WorkerPool, BarrierSeparatesPhases) {
  WorkerPool pool(4);
  std::vector<int> phase(static_cast<size_t>(pool.size()), 0);
  std::atomic<int> violations{0};
  pool.Run([&](Worker& worker) {
    for (int step = 1; step <= 2000; ++step) {
      phase[static_cast<size_t>(worker.index())] = step;
      worker.Barrier();
      for (const int other : phase) violations += other != step;
      worker.Barrier();
    }
  });
  EXPECT_EQ(violations, 0);
}

// Each number is one worker's, and a barrier begins anew.
TEST(WorkerPool, WhatIsTakenIsNobodyElses) {
  constexpr int kNumbers = 50;
  for (const int threads : {1, 2, 5}) {
    WorkerPool pool(threads);
    for (int job = 0; job < 20; ++job) {
      std::vector<std::atomic<int>> takers(3 * kNumbers);
      pool.Run([&](Worker& worker) {
        for (int round = 0; round < 3; ++round) {
          for (int n = worker.Take(); n < kNumbers; n = worker.Take()) {
            ++takers[static_cast<size_t>(round * kNumbers + n)];
          }
          worker.Barrier();
        }
      });
      for (const std::atomic<int>& count : takers) ASSERT_EQ(count, 1);
    }
  }
}

// Processor time, which other processes do not lengthen: of threads that spun it would be several
// times as much on a machine of two processors.
TEST(WorkerPool, WhoWaitsSleeps) {
  WorkerPool pool(5);
  if (pool.size() == 1) GTEST_SKIP() << "nobody waits";
  pool.Run([](Worker& worker) { worker.Barrier(); });
  const std::clock_t before = std::clock();
  pool.Run([](Worker& worker) {
    if (worker.index() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(200));
    worker.Barrier();
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_LT(std::clock() - before, CLOCKS_PER_SEC / 10);
}

TEST(WorkPart, PartsAreTheWholeInMultiplesOfAGrain) {
  for (const int units : {1, 3, 8}) {
    for (const int at_once : {1, 2, 5}) {
      size_t end = 0;
      for (int unit = 0; unit < units; unit += at_once) {
        const WorkPart part{unit, std::min(unit + at_once, units), units};
        const WorkPart::Range range = part.Share(100, 16);
        EXPECT_EQ(range.begin, end);
        EXPECT_TRUE(range.end % 16 == 0 || range.end == 100);
        end = range.end;
      }
      EXPECT_EQ(end, 100u);
    }
  }
}

TEST(WorkerPool, CallersOfRunTakeTurns) {
  WorkerPool pool(2);
  int total = 0;  // guarded by Run itself
  const auto add = [&] {
    for (int i = 0; i < 200; ++i) {
      pool.Run([&](Worker& worker) {
        if (worker.index() == 0) ++total;
      });
    }
  };
  std::thread other(add);
  add();
  other.join();
  EXPECT_EQ(total, 400);
}

TEST(WorkerPool, SharesCoverTheWholeInGrains) {
  for (const size_t total : {0u, 1u, 7u, 64u, 1000u}) {
    for (const size_t grain : {1u, 8u, 64u}) {
      WorkerPool pool(3);
      std::vector<Worker::Range> shares(static_cast<size_t>(pool.size()));
      pool.Run([&](Worker& w) { shares[static_cast<size_t>(w.index())] = w.Share(total, grain); });
      size_t next = 0;
      for (const Worker::Range& share : shares) {
        EXPECT_EQ(share.begin, next);
        EXPECT_TRUE(share.begin % grain == 0 || share.begin == total);
        next = share.end;
      }
      EXPECT_EQ(next, total);
    }
  }
}

}  // namespace
}  // namespace ingle
