// A file that appears under its name whole or not at all.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace ingle {

// Writes to a temporary name in the same folder. Commit flushes to the disk and renames; a file
// that is destroyed without it leaves nothing behind, and what stood under the name before stays.
class AtomicFile {
 public:
  // Fails with kIo when the folder refuses, kInvalidArgument when the name is taken by something
  // that is not a regular file.
  static Result<AtomicFile> Create(const std::string& named);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  // Appends. After a failure (a full disk) the file can only be dropped.
  Status Write(Bytes bytes);
  Status Commit();

  const std::string& path() const { return path_; }

 private:
  AtomicFile(std::string path, std::string temporary, int fd);
  Status FailWith(int error, std::string_view doing) const;

  std::string path_;
  std::string temporary_;
  int fd_;
};

}  // namespace ingle
