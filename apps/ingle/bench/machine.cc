#include "bench/machine.h"

#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

#include "base/cpu.h"
#include "base/memory.h"
#include "base/worker_pool.h"
#include "kernels/peak/peak.h"

namespace ingle {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSecondsEach = 0.25;  // of reading, and of each kernel
constexpr size_t kLineWords = 64;      // what a read task's length is a multiple of
constexpr uint64_t kLeastBytes = uint64_t{1} << 20;
constexpr uint64_t kMostBytes = uint64_t{1} << 30;

double SecondsOf(const std::function<void()>& work) {
  const Clock::time_point start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Memory to read, of about so many bytes and of large pages where there are any.
class Buffer {
 public:
  explicit Buffer(uint64_t bytes)
      : bytes_((std::clamp(bytes, kLeastBytes, kMostBytes) + kLargePage - 1) / kLargePage *
               kLargePage) {
    void* memory =
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return;
    words_ = static_cast<uint64_t*>(memory);
    madvise(memory, bytes_, MADV_HUGEPAGE);
    std::fill_n(words_, count(), 1);  // pages that were never written are all one
  }
  ~Buffer() {
    if (words_ != nullptr) munmap(words_, bytes_);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  const uint64_t* words() const { return words_; }  // null: there is no memory
  uint64_t bytes() const { return bytes_; }
  size_t count() const { return bytes_ / sizeof(uint64_t); }

 private:
  uint64_t bytes_;
  uint64_t* words_ = nullptr;
};

double OperationsPerSecond(const PeakKernel& kernel, WorkerPool& pool) {
  constexpr size_t kRounds = 50'000;  // of some nanoseconds: sums stay far below 2^31
  constexpr size_t kRuns = 20;
  std::vector<double> sums(static_cast<size_t>(pool.size()));
  const auto compute = [&] {
    pool.Run([&](Worker& worker) {
      double& sum = sums[static_cast<size_t>(worker.index())];
      for (size_t run = 0; run < kRuns; ++run) kernel.run({kRounds, 1, 1, &sum});
    });
  };
  compute();
  double best = 1e9;
  for (double spent = 0; spent < kSecondsEach;) {
    const double seconds = SecondsOf(compute);
    best = std::min(best, seconds);
    spent += seconds;
  }
  const double products = static_cast<double>(kernel.products_per_round * kRounds * kRuns);
  return 2 * products * pool.size() / best;
}

// With the better of the distances at which products of matrices ask for weights.
double BytesPerSecond(const Buffer& buffer, WorkerPool& pool) {
  constexpr size_t kAheads[] = {1024, 2048};
  const ReadKernel& kernel = Pick(ReadKernels(), UsableCpuFeatures());
  std::vector<uint64_t> sums(static_cast<size_t>(pool.size()));
  const auto read = [&](size_t ahead) {
    pool.Run([&](Worker& worker) {
      const auto [begin, end] = worker.Share(buffer.count(), kLineWords);
      uint64_t& sum = sums[static_cast<size_t>(worker.index())];
      kernel.run({buffer.words() + begin, end - begin, ahead, &sum});
    });
  };
  read(kAheads[0]);
  double best = 1e9;
  for (double spent = 0; spent < kSecondsEach;) {
    for (const size_t ahead : kAheads) {
      const double seconds = SecondsOf([&] { read(ahead); });
      best = std::min(best, seconds);
      spent += seconds;
    }
  }
  return static_cast<double>(buffer.count() * sizeof(uint64_t)) / best;
}

Limits Measure(const Buffer& buffer, int threads) {
  WorkerPool pool(threads);
  return {BytesPerSecond(buffer, pool),
          OperationsPerSecond(Pick(Int8PeakKernels(), UsableCpuFeatures()), pool),
          OperationsPerSecond(Pick(FloatPeakKernels(), UsableCpuFeatures()), pool)};
}

// What is more, of each.
void Raise(const Limits& to, Limits& limits) {
  limits.read_bytes = std::max(limits.read_bytes, to.read_bytes);
  limits.int8 = std::max(limits.int8, to.int8);
  limits.f32 = std::max(limits.f32, to.f32);
}

void MeasureOnce(const Buffer& buffer, MachineLimits& limits) {
  Raise(Measure(buffer, 1), limits.one);
  Raise(limits.threads == 1 ? limits.one : Measure(buffer, limits.threads), limits.all);
}

}  // namespace

Result<MachineLimits> MeasureLimits(int threads, uint64_t bytes) {
  const Buffer buffer(bytes);
  if (buffer.words() == nullptr) {
    return Fail(ErrorCode::kOutOfMemory, "no memory for a buffer of ", buffer.bytes(),
                " bytes to read");
  }
  MachineLimits limits;
  limits.threads = threads;
  limits.int8_kernel = Pick(Int8PeakKernels(), UsableCpuFeatures()).name;
  limits.f32_kernel = Pick(FloatPeakKernels(), UsableCpuFeatures()).name;
  MeasureOnce(buffer, limits);
  return limits;
}

void MeasureLimitsAgain(uint64_t bytes, MachineLimits& limits) {
  const Buffer buffer(bytes);
  if (buffer.words() != nullptr) MeasureOnce(buffer, limits);
}

}  // namespace ingle
