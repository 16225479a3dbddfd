// GPT-2's way to spell bytes: every byte as a printable character, so that tokens that end in the
// middle of a character are still text. A space is "Ġ" (U+0120), a line feed "Ċ" (U+010A).
#pragma once

#include <string>
#include <string_view>

namespace ingle {

// Appends the bytes that text spells. False, with out as it was, when a character of it is not one
// that stands for a byte.
bool DecodeByteLevel(std::string_view text, std::string& out);

// Appends the characters that stand for bytes.
void EncodeByteLevel(std::string_view bytes, std::string& out);

}  // namespace ingle
