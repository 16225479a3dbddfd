// A lock that is handed over in the order in which it was asked for.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace ingle {

// With a plain mutex, a thread that unlocks and locks again at once nearly always wins against one
// that has to wake up first: of two sessions that generate on one engine, one would stand still.
// Locked with std::lock_guard and the like.
class Turns {
 public:
  void lock() {
    std::unique_lock lock(mutex_);
    const uint64_t ticket = next_++;
    changed_.wait(lock, [&] { return ticket == current_; });
  }

  void unlock() {
    {
      const std::lock_guard lock(mutex_);
      ++current_;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t next_ = 0;
  uint64_t current_ = 0;
};

}  // namespace ingle
