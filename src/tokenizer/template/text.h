// Python's view of text over UTF-8: code points are counted and cut, never bytes.
//
// Bytes that are not valid UTF-8 count as one character each and pass through unchanged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ingle::jinja {

enum CharClass : uint32_t {  // in the order of make_unicode_tables.py
  kCharAlpha = 1 << 0,
  kCharDecimal = 1 << 1,
  kCharDigit = 1 << 2,
  kCharNumeric = 1 << 3,
  kCharUpper = 1 << 4,
  kCharLower = 1 << 5,
  kCharTitle = 1 << 6,
  kCharSpace = 1 << 7,
  kCharPrintable = 1 << 8,
};
uint32_t ClassOf(char32_t c);

// Takes the first character off text and returns its bytes. REQUIRES: !text.empty().
std::string_view TakeChar(std::string_view& text);

char32_t CodeOf(std::string_view one_char);

int64_t CountChars(std::string_view text);

// The byte offset of character number index, or text.size() when there are not so many.
size_t OffsetOfChar(std::string_view text, int64_t index);

std::string ToUpper(std::string_view text);
std::string ToLower(std::string_view text);
std::string Capitalize(std::string_view text);  // first character title case, the others lower
std::string TitleCase(std::string_view text);   // the first letter of each run of letters
std::string SwapCase(std::string_view text);

// Removes characters from the ends: whitespace, or those in chars where it is not null.
enum StripSides { kStripLeft = 1, kStripRight = 2, kStripBoth = 3 };
std::string_view Strip(std::string_view text, const std::string_view* chars, StripSides sides);

// True at the \n, \r, \v, \f, \x1c-\x1e, \x85, U+2028 and U+2029 of str.splitlines.
bool IsLineBreak(char32_t c);

// For HTML, as markupsafe.escape: & < > " '
std::string EscapeHtml(std::string_view text);

}  // namespace ingle::jinja
