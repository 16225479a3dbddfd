// UTF-8, decoded strictly (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing above
// U+10FFFF. Malformed input is never an error here; callers choose what to do with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ingle {

constexpr char32_t kReplacementCharacter = 0xFFFD;

struct Utf8Char {
  char32_t code_point;  // kReplacementCharacter when not valid
  uint32_t length;      // bytes consumed, at least 1: the whole character, or the longest prefix of
                        // one that is well formed ("maximal subpart")
  bool valid;
};

// What DecodeUtf8 does, for all texts alike.
Utf8Char DecodeAnyUtf8(std::string_view text);

// The first character of text, which must not be empty. Inline for the well-formed ones of up to
// three bytes, nearly all that there are: a result of this size costs more to return than to find.
inline Utf8Char DecodeUtf8(std::string_view text) {
  const uint32_t first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {first, 1, true};
  // The bits of a byte that continues a character; more than 0x3F where a byte does not.
  const auto bits = [&](size_t i) { return static_cast<unsigned char>(text[i]) ^ 0x80u; };
  if (text.size() > 1 && first >= 0xC2 && first < 0xE0 && bits(1) <= 0x3F) {
    return {(first & 0x1Fu) << 6 | bits(1), 2, true};
  }
  if (text.size() > 2 && (first & 0xF0u) == 0xE0 && bits(1) <= 0x3F && bits(2) <= 0x3F) {
    const char32_t c = (first & 0x0Fu) << 12 | bits(1) << 6 | bits(2);
    if (c >= 0x800 && (c < 0xD800 || c > 0xDFFF)) return {c, 3, true};
  }
  return DecodeAnyUtf8(text);
}

void AppendUtf8(std::string& out, char32_t code_point);

bool IsValidUtf8(std::string_view text);

// How many bytes at the end of text begin a character that more bytes could complete (0 to 3).
// Those are what a streaming decoder holds back.
size_t IncompleteUtf8Suffix(std::string_view text);

}  // namespace ingle
