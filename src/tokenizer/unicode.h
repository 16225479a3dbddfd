// What the pre-tokenizers ask of a character: is it a letter, a number, white space?
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/utf8.h"
#include "tokenizer/unicode_tables.h"

namespace ingle {

// A set of kinds of characters, one bit a kind. Of the first twelve every character has exactly
// one; the others come on top. Unicode's names for them are in tools/make_unicode_tables.py; those
// that have no name here are found by FindCharSet.
using CharSet = uint64_t;
inline constexpr CharSet kUpper = 1 << 0;  // Lu, Lt
inline constexpr CharSet kLower = 1 << 1;
inline constexpr CharSet kCaseless = 1 << 2;  // Lm, Lo
inline constexpr CharSet kMark = 1 << 3;
inline constexpr CharSet kDigit = 1 << 4;    // Nd
inline constexpr CharSet kNumeral = 1 << 5;  // Nl, No
inline constexpr CharSet kPunctuation = 1 << 6;
inline constexpr CharSet kSymbol = 1 << 7;
inline constexpr CharSet kSpace = 1 << 8;    // U+0020 alone
inline constexpr CharSet kNewline = 1 << 9;  // \r and \n
inline constexpr CharSet kBlank = 1 << 10;   // the rest of White_Space
inline constexpr CharSet kOther = 1 << 11;   // control, format, private use, unassigned
inline constexpr CharSet kHan = 1 << 12;
inline constexpr CharSet kWord = 1 << 13;  // \w of a regular expression

inline constexpr CharSet kLetter = kUpper | kLower | kCaseless;             // \p{L}
inline constexpr CharSet kNumber = kDigit | kNumeral;                       // \p{N}
inline constexpr CharSet kWhiteSpace = kSpace | kNewline | kBlank;          // \s
inline constexpr CharSet kMarks = kMark | kPunctuation | kSymbol | kOther;  // [^\s\p{L}\p{N}]

CharSet CharSetOf(char32_t code_point);

// By Unicode's name of a category or a script, as \p{..} of a regular expression has it: "Lu", "L",
// "Letter", "Thai". Nothing for a name that is not known.
std::optional<CharSet> FindCharSet(std::string_view name);

struct Char {
  char32_t code_point;
  uint32_t length;  // in bytes; 0 past the end of the text
  CharSet set;      // empty past the end

  bool Is(CharSet kinds) const { return (set & kinds) != 0; }
};

// The character at pos. Bytes that are not UTF-8 count as U+FFFD, a symbol, which is what other
// tokenizers put in their place; here they stay what they are.
inline Char CharAt(std::string_view text, size_t pos) {
  if (pos >= text.size()) return {0, 0, 0};
  const auto byte = static_cast<unsigned char>(text[pos]);
  if (byte < 0x80) return {byte, 1, kAsciiSets[byte]};
  const Utf8Char c = DecodeUtf8(text.substr(pos));
  return {c.code_point, c.length, CharSetOf(c.code_point)};
}

}  // namespace ingle
