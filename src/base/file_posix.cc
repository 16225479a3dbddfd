// Files by mmap.
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/byte_source.h"
#include "base/checked.h"

namespace ingle {
namespace {

class MappedFile final : public ByteSource {
 public:
  MappedFile(std::string path, std::string stamp, const std::byte* data, uint64_t size)
      : path_(std::move(path)), stamp_(std::move(stamp)), data_(data), size_(size) {}
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() override {
    if (size_ > 0) munmap(const_cast<std::byte*>(data_), size_);
  }

  uint64_t size() const override { return size_; }
  const std::string& name() const override { return path_; }
  std::string stamp() const override { return stamp_; }
  void Forget() const override {
    if (size_ > 0) madvise(const_cast<std::byte*>(data_), size_, MADV_DONTNEED);
  }

  Result<Bytes> View(uint64_t offset, uint64_t length) const override {
    const std::optional<uint64_t> end = CheckedAdd(offset, length);
    if (!end || *end > size_) {
      return Fail(ErrorCode::kCorrupt, path_, ": ", length, " bytes at ", offset,
                  " lie beyond the file's ", size_, " bytes; was the download cut short?");
    }
    return Bytes(data_ + offset, length);
  }

 private:
  std::string path_;
  std::string stamp_;
  const std::byte* data_;
  uint64_t size_;
};

// Closes a descriptor at the end of the scope. A mapping outlives it.
struct Descriptor {
  int fd;
  ~Descriptor() { close(fd); }
};

}  // namespace

Result<std::unique_ptr<ByteSource>> OpenFile(const std::string& path) {
  const auto fail = [&](int error) {
    const ErrorCode code = error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
    return Fail(code, "cannot open ", path, ": ", std::strerror(error));
  };
  // O_NONBLOCK: a named pipe must be refused below, not waited for.
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) return fail(errno);

  struct stat info {};
  if (fstat(file.fd, &info) != 0) return fail(errno);
  if (!S_ISREG(info.st_mode)) {
    return Fail(ErrorCode::kInvalidArgument, "cannot open ", path, ": it is not a regular file");
  }
  const auto size = static_cast<uint64_t>(info.st_size);
  const std::string stamp = Cat(info.st_dev, ":", info.st_ino, ":", size, ":", info.st_mtim.tv_sec,
                                ".", info.st_mtim.tv_nsec);
  if (size == 0) return std::make_unique<MappedFile>(path, stamp, nullptr, 0);
  void* data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (data == MAP_FAILED) return fail(errno);
  return std::make_unique<MappedFile>(path, stamp, static_cast<const std::byte*>(data), size);
}

}  // namespace ingle
