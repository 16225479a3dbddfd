#include "base/utf8.h"

#include <algorithm>

namespace ingle {
namespace {

// What the first byte of a character says: how many bytes follow, and the range of the second.
struct Lead {
  uint32_t following;
  unsigned char second_min;
  unsigned char second_max;
};

Lead LeadOf(unsigned char byte) {
  if (byte < 0xC2 || byte > 0xF4) return {0, 0, 0};
  if (byte < 0xE0) return {1, 0x80, 0xBF};
  if (byte == 0xE0) return {2, 0xA0, 0xBF};  // no overlong form
  if (byte == 0xED) return {2, 0x80, 0x9F};  // no surrogate
  if (byte < 0xF0) return {2, 0x80, 0xBF};
  if (byte == 0xF0) return {3, 0x90, 0xBF};  // no overlong form
  if (byte == 0xF4) return {3, 0x80, 0x8F};  // nothing above U+10FFFF
  return {3, 0x80, 0xBF};
}

// How many bytes of text, up to a whole character, are well formed. 1 at least.
uint32_t WellFormed(std::string_view text, const Lead& lead) {
  uint32_t length = 1;
  while (length <= lead.following && length < text.size()) {
    const auto byte = static_cast<unsigned char>(text[length]);
    const unsigned char min = length == 1 ? lead.second_min : 0x80;
    const unsigned char max = length == 1 ? lead.second_max : 0xBF;
    if (byte < min || byte > max) break;
    ++length;
  }
  return length;
}

}  // namespace

Utf8Char DecodeAnyUtf8(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {first, 1, true};
  const Lead lead = LeadOf(first);
  if (lead.following == 0) return {kReplacementCharacter, 1, false};
  const uint32_t length = WellFormed(text, lead);
  if (length != lead.following + 1) return {kReplacementCharacter, length, false};

  char32_t code_point = first & (0x3Fu >> lead.following);
  for (uint32_t i = 1; i < length; ++i) {
    code_point = code_point << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  }
  return {code_point, length, true};
}

void AppendUtf8(std::string& out, char32_t code_point) {
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xC0 | code_point >> 6);
    out += static_cast<char>(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xE0 | code_point >> 12);
    out += static_cast<char>(0x80 | (code_point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code_point & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code_point >> 18);
    out += static_cast<char>(0x80 | (code_point >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code_point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code_point & 0x3F));
  }
}

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Char c = DecodeUtf8(text);
    if (!c.valid) return false;
    text.remove_prefix(c.length);
  }
  return true;
}

size_t IncompleteUtf8Suffix(std::string_view text) {
  const size_t window = std::min<size_t>(text.size(), 3);
  for (size_t back = window; back > 0; --back) {
    const std::string_view tail = text.substr(text.size() - back);
    const Lead lead = LeadOf(static_cast<unsigned char>(tail[0]));
    if (lead.following >= back && WellFormed(tail, lead) == back) return back;
  }
  return 0;
}

}  // namespace ingle
