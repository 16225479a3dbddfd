#include "tokenizer/answer/json_extent.h"

#include "tokenizer/answer/text.h"

namespace ingle {

JsonExtent::State JsonExtent::Read(std::string_view text) {
  while (state_ == State::kOpen && read_ < text.size()) state_ = Next(text[read_++]);
  return state_;
}

JsonExtent::State JsonExtent::Next(char c) {
  if (in_string_) {
    if (!escaped_ && c == '"') in_string_ = false;
    escaped_ = !escaped_ && c == '\\';
    return State::kOpen;
  }
  if (kSpace.find(c) != std::string_view::npos) return State::kOpen;
  const char expected = expects_;
  expects_ = 0;
  switch (c) {
    case '{':
    case '[':
      if (depth_ == 0) expects_ = c == '{' ? '"' : '{';
      ++depth_;
      break;
    case '}':
    case ']':
      if (depth_ == 0) return State::kNone;
      return --depth_ == 0 ? State::kClosed : State::kOpen;
    default:
      if (depth_ == 0) return State::kNone;
      in_string_ = c == '"';
  }
  return expected != 0 && c != expected ? State::kNone : State::kOpen;
}

}  // namespace ingle
