// A lock that other processes respect.
#pragma once

#include <functional>
#include <string>

#include "base/error.h"

namespace ingle {

// Held from Acquire to destruction, and given back by the system when the process dies however it
// may.
class FileLock {
 public:
  // Creates the file where it is missing, and leaves it. Waits for a holder to let go; on_wait is
  // called once before that.
  static Result<FileLock> Acquire(const std::string& path, const std::function<void()>& on_wait);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace ingle
