#include "files/file_io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/atomic_file.h"

namespace ingle {

Error SystemError(std::string_view action, const std::string& path) {
  const int code = errno;
  const bool missing = code == ENOENT || code == ENOTDIR;
  return Error(missing ? ErrorCode::kNotFound : ErrorCode::kIo,
               Cat("cannot ", action, " '", path, "': ", std::strerror(code)));
}

bool FileExists(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0;
}

Result<uint64_t> FileSize(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return tl::unexpected(SystemError("read", path));
  if (!S_ISREG(info.st_mode)) {
    return Fail(ErrorCode::kInvalidArgument, "'", path, "' is not a regular file");
  }
  return static_cast<uint64_t>(info.st_size);
}

namespace {

Result<std::string> ReadAll(int descriptor, const std::string& path, uint64_t limit) {
  std::string bytes;
  char buffer[1 << 16];
  while (true) {
    const ssize_t got = read(descriptor, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected(SystemError("read", NameOfInput(path)));
    if (got == 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(got));
    if (bytes.size() > limit) {
      return Fail(ErrorCode::kTooLarge, NameOfInput(path), " holds more than ", limit, " bytes");
    }
  }
}

}  // namespace

Result<std::string> ReadWhole(const std::string& path, uint64_t limit) {
  if (path == "-") return ReadAll(STDIN_FILENO, path, limit);
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return tl::unexpected(SystemError("read", path));
  Result<std::string> bytes = ReadAll(descriptor, path, limit);
  close(descriptor);
  return bytes;
}

Status WriteWhole(const std::string& path, std::string_view bytes) {
  Result<AtomicFile> file = AtomicFile::Create(path);
  if (!file) return Fail(file.error());
  const Status written = file->Write(AsBytes(bytes));
  return written ? file->Commit() : written;
}

void SyncFolder(const std::string& folder) {
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  (void)fsync(descriptor);
  close(descriptor);
}

Status MakeFolders(const std::string& path, unsigned mode) {
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string folder = path.substr(0, end);
    if (mkdir(folder.c_str(), mode) != 0 && errno != EEXIST) {
      // A parent may be unreadable or unwritable and yet be there: only the last one must succeed.
      const int code = errno;
      struct stat info;
      if (stat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
        errno = code;
        return tl::unexpected(SystemError("create folder", folder));
      }
    }
    if (end == std::string::npos) break;
  }
  struct stat info;
  if (stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return {};
  errno = ENOTDIR;
  return tl::unexpected(SystemError("create folder", path));
}

std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string NameOfInput(const std::string& path) { return path == "-" ? "standard input" : path; }

}  // namespace ingle
