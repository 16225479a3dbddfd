// A platform where processes share no files.
#include "base/file_lock.h"

namespace ingle {

Result<FileLock> FileLock::Open(const std::string& path) {
  return Fail(ErrorCode::kUnsupported, "cannot lock ", path, ": this platform has no locks");
}

Result<FileLock> FileLock::Acquire(const std::string& path, const std::function<void()>&) {
  return Open(path);
}

Result<std::optional<FileLock>> FileLock::TryAcquire(const std::string& path) {
  return Fail(Open(path).error());
}

Result<std::optional<FileLock>> FileLock::AcquireWhile(const std::string& path,
                                                       const std::function<bool()>&) {
  return TryAcquire(path);
}

FileLock::~FileLock() = default;

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(other.descriptor_) {}

}  // namespace ingle
