#include "base/file_lock.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingle {
namespace {

constexpr std::chrono::milliseconds kLookAgain{20};

tl::unexpected<Error> FailWith(int error, std::string_view doing, const std::string& path) {
  return Fail(ErrorCode::kIo, "cannot ", doing, " ", path, ": ", std::strerror(error));
}

// Whether the file was taken away after it was opened: the next who asks makes another one.
bool IsGone(int descriptor) {
  struct stat info {};
  return fstat(descriptor, &info) == 0 && info.st_nlink == 0;
}

}  // namespace

Result<FileLock> FileLock::Open(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor < 0) return FailWith(errno, "create", path);
  return FileLock(descriptor);
}

Result<FileLock> FileLock::Acquire(const std::string& path, const std::function<void()>& on_wait) {
  Result<FileLock> lock = Open(path);
  if (!lock || flock(lock->descriptor_, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) return FailWith(errno, "lock", path);
  on_wait();
  while (flock(lock->descriptor_, LOCK_EX) != 0) {
    if (errno != EINTR) return FailWith(errno, "lock", path);
  }
  return lock;
}

Result<std::optional<FileLock>> FileLock::TryAcquire(const std::string& path) {
  constexpr int kAttempts = 100;  // each fails only if a holder let go at that moment
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Result<FileLock> lock = Open(path);
    if (!lock) return Fail(lock.error());
    if (flock(lock->descriptor_, LOCK_EX | LOCK_NB) != 0) {
      const int error = errno;
      if (error == EWOULDBLOCK) return std::nullopt;
      unlink(path.c_str());
      return FailWith(error, "lock", path);
    }
    if (IsGone(lock->descriptor_)) continue;
    lock->passing_ = path;
    return std::optional<FileLock>(*std::move(lock));
  }
  return Fail(ErrorCode::kIo, "cannot lock ", path, ": it is taken away again and again");
}

Result<std::optional<FileLock>> FileLock::AcquireWhile(const std::string& path,
                                                       const std::function<bool()>& waits) {
  for (;;) {
    Result<std::optional<FileLock>> lock = TryAcquire(path);
    if (!lock || *lock || !waits()) return lock;
    std::this_thread::sleep_for(kLookAgain);
  }
}

FileLock::~FileLock() {
  if (descriptor_ < 0) return;
  // As long as it is held, so that whoever gets it next sees that the file is gone.
  if (!passing_.empty()) unlink(passing_.c_str());
  flock(descriptor_, LOCK_UN);  // a child that was forked meanwhile would hold it on
  close(descriptor_);
}

FileLock::FileLock(FileLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), passing_(std::move(other.passing_)) {}

}  // namespace ingle
