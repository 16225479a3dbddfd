// A file on its way: what has come so far lies under FILE.partial, and FILE appears once all of it
// is there, on the disk and known by its checksum.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "store/checksum.h"
#include "store/http_body.h"

namespace ingle {

// What a file is to be, and who says so: "the catalogue", "the hub".
struct ExpectedFile {
  uint64_t size = 0;
  Checksum checksum;
  std::string authority;
};

// One process at a time may hold the same path (base/file_lock.h).
class PartialFile final : public HttpBody {
 public:
  // Opens what an earlier attempt left, or begins anew.
  static Result<PartialFile> Open(const std::string& path, ExpectedFile expected);
  ~PartialFile() override;
  PartialFile(PartialFile&& other) noexcept;
  PartialFile& operator=(PartialFile&&) = delete;

  const ExpectedFile& expected() const { return expected_; }

  uint64_t size() const override { return size_; }
  // Fails with kTooLarge when that would be more than was expected.
  Status Append(std::string_view bytes) override;
  Status Restart() override;
  // The tag lies beside the partial file.
  std::string LoadTag() const override;
  void SaveTag(const std::string& tag) override;

  // Fails with kCorrupt when size or checksum are not those expected; what is there is then
  // deleted. Otherwise path is now the file.
  Status Commit();

 private:
  PartialFile(std::string path, ExpectedFile expected, int descriptor);
  Status HashWhatIsThere();
  std::string PartialPath() const { return path_ + ".partial"; }
  std::string TagPath() const { return path_ + ".partial.etag"; }

  std::string path_;
  ExpectedFile expected_;
  int descriptor_;
  uint64_t size_ = 0;
  Hash hash_;
};

}  // namespace ingle
