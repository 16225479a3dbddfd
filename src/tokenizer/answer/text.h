// Small things about text that every reader of calls needs.
#pragma once

#include <cstddef>
#include <string_view>

namespace ingle {

constexpr std::string_view kSpace = " \t\r\n";

constexpr std::string_view TrimmedLeft(std::string_view text) {
  const size_t first = text.find_first_not_of(kSpace);
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

constexpr std::string_view TrimmedRight(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

constexpr std::string_view Trimmed(std::string_view text) {
  return TrimmedRight(TrimmedLeft(text));
}

// Takes what stands before the mark off the text, and the mark with it. False where the text has
// no such mark; then nothing is taken.
constexpr bool TakeUntil(std::string_view& text, std::string_view mark, std::string_view& before) {
  const size_t at = text.find(mark);
  if (at == std::string_view::npos) return false;
  before = text.substr(0, at);
  text.remove_prefix(at + mark.size());
  return true;
}

// Takes the mark off the beginning of the text, if it is there.
constexpr bool TakePrefix(std::string_view& text, std::string_view mark) {
  if (!text.starts_with(mark)) return false;
  text.remove_prefix(mark.size());
  return true;
}

}  // namespace ingle
