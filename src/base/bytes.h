// Views of raw bytes, and a little-endian reader that cannot leave them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace ingle {

using Bytes = std::span<const std::byte>;

inline Bytes AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view AsText(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Walks forward over bytes that it does not own. A read past the end gives nullopt and moves
// nothing.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  uint64_t offset() const { return offset_; }
  uint64_t remaining() const { return bytes_.size() - offset_; }

  // An integer, float or bool-sized value, little endian. Ingle runs on little-endian machines
  // only.
  template <class T>
  std::optional<T> Read() {
    static_assert(std::is_arithmetic_v<T>);
    if (remaining() < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, bytes_.data() + offset_, sizeof(T));
    offset_ += sizeof(T);
    return value;
  }

  std::optional<Bytes> Take(uint64_t length) {
    if (remaining() < length) return std::nullopt;
    const Bytes taken = bytes_.subspan(offset_, length);
    offset_ += length;
    return taken;
  }

 private:
  Bytes bytes_;
  uint64_t offset_ = 0;
};

}  // namespace ingle
