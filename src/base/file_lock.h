// A lock that other processes respect.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/error.h"

namespace ingle {

// The lock of a file that is there for nothing else. Held until destruction, and given back by the
// system when the process dies however it may. Two threads of a process exclude each other as two
// processes do. A path is locked in one of the two ways, always the same.
class FileLock {
 public:
  // Creates the file where it is missing, and leaves it. Waits for a holder to let go; on_wait is
  // called once before that.
  static Result<FileLock> Acquire(const std::string& path, const std::function<void()>& on_wait);

  // Creates the file, which goes with the lock. Where another holds it, asks waits() some fifty
  // times a second whether to wait: nothing when it says no. Fails where the folder refuses or the
  // file system has no locks.
  static Result<std::optional<FileLock>> AcquireWhile(const std::string& path,
                                                      const std::function<bool()>& waits);

  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  static Result<FileLock> Open(const std::string& path);
  static Result<std::optional<FileLock>> TryAcquire(const std::string& path);

  int descriptor_;
  std::string passing_;  // the path of a file that goes with the lock
};

}  // namespace ingle
