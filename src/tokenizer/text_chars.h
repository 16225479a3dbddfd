// Walks over the characters of a text whose bytes may not all be UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/utf8.h"

namespace ingle {

// A character and the bytes that it stands as in the text: a step that does not change it copies
// them, so that what is not UTF-8, which counts as U+FFFD, stays itself.
struct TextChar {
  char32_t code_point;
  std::string_view bytes;
  bool valid;
};

// Calls each(TextChar) from left to right.
template <class Each>
void ForEachChar(std::string_view text, const Each& each) {
  for (size_t pos = 0; pos < text.size();) {
    const auto byte = static_cast<unsigned char>(text[pos]);
    const Utf8Char c = byte < 0x80 ? Utf8Char{byte, 1, true} : DecodeUtf8(text.substr(pos));
    each(TextChar{c.code_point, text.substr(pos, c.length), c.valid});
    pos += c.length;
  }
}

inline bool IsAscii(std::string_view text) {
  unsigned char all = 0;
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return all < 0x80;
}

}  // namespace ingle
