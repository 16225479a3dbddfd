#include "base/atomic_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingle {
namespace {

constexpr int kNameAttempts = 100;
constexpr size_t kMaxWrite = size_t{1} << 30;  // Linux writes no more than 2 GiB at once

// Makes the rename itself durable. Some file systems cannot; the file is whole either way.
void SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  (void)fsync(fd);
  close(fd);
}

// Where a link leads, so that what it names is replaced, and not the link; the path itself where
// nothing is yet.
std::string Resolved(const std::string& path) {
  char* const real = realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string resolved = real;
  std::free(real);
  return resolved;
}

bool IsOfTheSystem(const std::string& path) {
  return path.starts_with("/dev/") || path.starts_with("/proc/");
}

}  // namespace

Result<AtomicFile> AtomicFile::Create(const std::string& named) {
  const std::string path = Resolved(named);
  if (IsOfTheSystem(named) || IsOfTheSystem(path)) {
    return Fail(ErrorCode::kInvalidArgument, "cannot write ", named,
                ": it is no place for a file that is put in as a whole");
  }
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    return Fail(ErrorCode::kInvalidArgument, "cannot write ", path, ": it is not a regular file");
  }
  int error = EEXIST;
  for (int attempt = 0; attempt < kNameAttempts && error == EEXIST; ++attempt) {
    std::string temporary = Cat(path, ".", getpid(), "-", attempt, ".partial");
    const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) return AtomicFile(path, std::move(temporary), fd);
    error = errno;
  }
  return Fail(ErrorCode::kIo, "cannot create ", path, ": ", std::strerror(error));
}

AtomicFile::AtomicFile(std::string path, std::string temporary, int fd)
    : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)), temporary_(std::move(other.temporary_)), fd_(other.fd_) {
  other.fd_ = -1;
  other.temporary_.clear();
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) close(fd_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

Status AtomicFile::FailWith(int error, std::string_view doing) const {
  return Fail(ErrorCode::kIo, "cannot ", doing, " ", path_, ": ", std::strerror(error));
}

Status AtomicFile::Write(Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd_, bytes.data(), std::min(bytes.size(), kMaxWrite));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FailWith(errno, "write");
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

Status AtomicFile::Commit() {
  if (fsync(fd_) != 0) return FailWith(errno, "write");
  const int fd = fd_;
  fd_ = -1;
  if (close(fd) != 0) return FailWith(errno, "write");
  if (rename(temporary_.c_str(), path_.c_str()) != 0) return FailWith(errno, "replace");
  temporary_.clear();
  SyncFolderOf(path_);
  return {};
}

}  // namespace ingle
