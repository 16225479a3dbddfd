#include "base/byte_source.h"
#include "base/checked.h"

namespace ingle {
namespace {

class MemorySource final : public ByteSource {
 public:
  MemorySource(std::string bytes, std::string name)
      : bytes_(std::move(bytes)), name_(std::move(name)) {}

  uint64_t size() const override { return bytes_.size(); }
  const std::string& name() const override { return name_; }

  Result<Bytes> View(uint64_t offset, uint64_t length) const override {
    const std::optional<uint64_t> end = CheckedAdd(offset, length);
    if (!end || *end > bytes_.size()) {
      return Fail(ErrorCode::kCorrupt, name_, ": ", length, " bytes at ", offset,
                  " lie beyond its ", bytes_.size(), " bytes");
    }
    return AsBytes(bytes_).subspan(offset, length);
  }

 private:
  std::string bytes_;
  std::string name_;
};

}  // namespace

std::unique_ptr<ByteSource> MakeMemorySource(std::string bytes, std::string name) {
  return std::make_unique<MemorySource>(std::move(bytes), std::move(name));
}

}  // namespace ingle
