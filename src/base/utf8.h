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

// The first character of text, which must not be empty.
Utf8Char DecodeUtf8(std::string_view text);

void AppendUtf8(std::string& out, char32_t code_point);

bool IsValidUtf8(std::string_view text);

// How many bytes at the end of text begin a character that more bytes could complete (0 to 3).
// Those are what a streaming decoder holds back.
size_t IncompleteUtf8Suffix(std::string_view text);

}  // namespace ingle
