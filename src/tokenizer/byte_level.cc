#include "tokenizer/byte_level.h"

#include <array>
#include <cstdint>

#include "base/utf8.h"

namespace ingle {
namespace {

// Printable characters of Latin-1 stand for themselves, the other bytes, in order, for U+0100 on.
constexpr bool StandsForItself(uint32_t byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xFF && byte != 0xAD);
}

constexpr std::array<char32_t, 256> MakeChars() {
  std::array<char32_t, 256> chars{};
  char32_t next = 0x100;
  for (uint32_t byte = 0; byte < 256; ++byte) chars[byte] = StandsForItself(byte) ? byte : next++;
  return chars;
}
constexpr std::array<char32_t, 256> kChars = MakeChars();

constexpr char32_t kEnd = 0x144;
constexpr int16_t kNotAByte = -1;

constexpr std::array<int16_t, kEnd> MakeBytes() {
  std::array<int16_t, kEnd> bytes{};
  for (int16_t& byte : bytes) byte = kNotAByte;
  for (uint32_t byte = 0; byte < 256; ++byte) bytes[kChars[byte]] = static_cast<int16_t>(byte);
  return bytes;
}
constexpr std::array<int16_t, kEnd> kBytes = MakeBytes();

}  // namespace

bool DecodeByteLevel(std::string_view text, std::string& out) {
  const size_t before = out.size();
  out.resize(before + text.size());
  size_t size = before;
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text[0]);
    const Utf8Char c = first < 0x80 ? Utf8Char{first, 1, true} : DecodeUtf8(text);
    const int16_t byte = c.valid && c.code_point < kEnd ? kBytes[c.code_point] : kNotAByte;
    if (byte == kNotAByte) {
      out.resize(before);
      return false;
    }
    out[size++] = static_cast<char>(byte);
    text.remove_prefix(c.length);
  }
  out.resize(size);
  return true;
}

void EncodeByteLevel(std::string_view bytes, std::string& out) {
  for (const char byte : bytes) {
    const char32_t c = kChars[static_cast<unsigned char>(byte)];
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else {
      AppendUtf8(out, c);
    }
  }
}

}  // namespace ingle
