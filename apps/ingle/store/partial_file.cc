#include "store/partial_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>
#include <vector>

#include "files/file_io.h"
#include "terminal/units.h"

namespace ingle {

Result<PartialFile> PartialFile::Open(const std::string& path, ExpectedFile expected) {
  const std::string partial = path + ".partial";
  const int descriptor = open(partial.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor < 0) return tl::unexpected(SystemError("write", partial));
  PartialFile file(path, std::move(expected), descriptor);
  const Status hashed = file.HashWhatIsThere();
  if (!hashed) return Fail(hashed.error());
  return file;
}

PartialFile::PartialFile(std::string path, ExpectedFile expected, int descriptor)
    : path_(std::move(path)),
      expected_(std::move(expected)),
      descriptor_(descriptor),
      hash_(expected_.checksum.kind, expected_.size) {}

PartialFile::PartialFile(PartialFile&& other) noexcept
    : path_(std::move(other.path_)),
      expected_(std::move(other.expected_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      hash_(std::move(other.hash_)) {}

PartialFile::~PartialFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

Status PartialFile::HashWhatIsThere() {
  std::vector<char> buffer(1 << 20);
  while (true) {
    const ssize_t got = read(descriptor_, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected(SystemError("read", PartialPath()));
    if (got == 0) return {};
    size_ += static_cast<uint64_t>(got);
    if (size_ > expected_.size) return Restart();
    hash_.Update({buffer.data(), static_cast<size_t>(got)});
  }
}

Status PartialFile::Append(std::string_view bytes) {
  if (bytes.size() > expected_.size - size_) {
    return Fail(ErrorCode::kTooLarge, "more than the ", Grouped(expected_.size), " bytes that ",
                expected_.authority, " says");
  }
  while (!bytes.empty()) {
    const ssize_t put = write(descriptor_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return tl::unexpected(SystemError("write", PartialPath()));
    const std::string_view written = bytes.substr(0, static_cast<size_t>(put));
    hash_.Update(written);
    size_ += written.size();
    bytes.remove_prefix(written.size());
  }
  return {};
}

Status PartialFile::Restart() {
  if (ftruncate(descriptor_, 0) != 0 || lseek(descriptor_, 0, SEEK_SET) != 0) {
    return tl::unexpected(SystemError("write", PartialPath()));
  }
  unlink(TagPath().c_str());
  size_ = 0;
  hash_ = Hash(expected_.checksum.kind, expected_.size);
  return {};
}

Status PartialFile::Commit() {
  if (size_ != expected_.size) {
    const uint64_t got = size_;
    const Status restarted = Restart();
    if (!restarted) return restarted;
    return Fail(ErrorCode::kCorrupt, Grouped(got), " bytes instead of the ",
                Grouped(expected_.size), " that ", expected_.authority, " says");
  }
  const Checksum checksum = hash_.Finish();
  if (checksum != expected_.checksum) {
    const Status restarted = Restart();
    if (!restarted) return restarted;
    return Fail(ErrorCode::kCorrupt, "its ", NameOf(checksum.kind), " is ", checksum.digits,
                ", and ", expected_.authority, " says ", expected_.checksum.digits);
  }
  if (fsync(descriptor_) != 0 || rename(PartialPath().c_str(), path_.c_str()) != 0) {
    return tl::unexpected(SystemError("write", path_));
  }
  unlink(TagPath().c_str());
  SyncFolder(ParentOf(path_));
  return {};
}

std::string PartialFile::LoadTag() const {
  constexpr uint64_t kLongest = 4096;
  const Result<std::string> tag = ReadWhole(TagPath(), kLongest);
  return tag ? *tag : "";
}

void PartialFile::SaveTag(const std::string& tag) {
  // Losing it costs a download from the start, at worst.
  const Status saved = WriteWhole(TagPath(), tag);
  (void)saved;
}

}  // namespace ingle
