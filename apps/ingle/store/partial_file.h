// A file on its way: what has come so far lies under FILE.partial, and FILE appears once all of it
// is there, on the disk and known by its SHA-256.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "store/sha256.h"

namespace ingle {

// One process at a time may hold the same path (file_lock.h).
class PartialFile {
 public:
  // Opens what an earlier attempt left, or begins anew.
  static Result<PartialFile> Open(const std::string& path, uint64_t size,
                                  const std::string& sha256);
  ~PartialFile();
  PartialFile(PartialFile&& other) noexcept;
  PartialFile& operator=(PartialFile&&) = delete;

  uint64_t expected_size() const { return expected_size_; }
  uint64_t size() const { return size_; }  // of what is there

  // Fails with kTooLarge when that would be more than was expected.
  Status Append(std::string_view bytes);

  // Forgets what is there.
  Status Restart();

  // Fails with kCorrupt when size or SHA-256 are not those expected; what is there is then deleted.
  // Otherwise path is now the file.
  Status Commit();

  // Beside the partial file: what the server said it is a version of. Empty when not known.
  std::string LoadTag() const;
  void SaveTag(const std::string& tag) const;

 private:
  PartialFile(std::string path, uint64_t size, std::string sha256, int descriptor);
  Status HashWhatIsThere();
  std::string PartialPath() const { return path_ + ".partial"; }
  std::string TagPath() const { return path_ + ".partial.etag"; }

  std::string path_;
  uint64_t expected_size_;
  std::string expected_sha256_;
  int descriptor_;
  uint64_t size_ = 0;
  Sha256 hash_;
};

}  // namespace ingle
