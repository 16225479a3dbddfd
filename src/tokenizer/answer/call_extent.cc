#include "tokenizer/answer/call_extent.h"

#include <algorithm>

namespace ingle {

CallExtent::State CallExtent::Read(std::string_view text) {
  switch (syntax_->end) {
    case CallEnd::kTag:
      return ToTag(text);
    case CallEnd::kTagOutsideStrings:
      return ToTagOutsideStrings(text);
    case CallEnd::kJsonValue:
      return ToJsonEnd(text);
    case CallEnd::kAnswer:
      break;
  }
  return State::kOpen;
}

CallExtent::State CallExtent::ToTag(std::string_view text) {
  const size_t at = text.find(syntax_->close, read_);
  if (at == std::string_view::npos) {
    const size_t kept = std::min(text.size(), syntax_->close.size() - 1);
    read_ = std::max(read_, text.size() - kept);
    return State::kOpen;
  }
  body_size_ = at;
  size_ = at + syntax_->close.size();
  return State::kClosed;
}

CallExtent::State CallExtent::ToTagOutsideStrings(std::string_view text) {
  while (read_ < text.size()) {
    const char c = text[read_];
    if (in_string_) {
      if (c == '\\' && read_ + 1 == text.size()) break;
      // No JSON string holds a line break: a stray quote shall not swallow the rest of the answer.
      if (c == '"' || c == '\n') in_string_ = false;
      read_ += c == '\\' ? 2 : 1;
      continue;
    }
    const std::string_view here = text.substr(read_, syntax_->close.size());
    if (syntax_->close.starts_with(here)) {
      if (here.size() < syntax_->close.size()) break;
      body_size_ = read_;
      size_ = read_ + here.size();
      return State::kClosed;
    }
    in_string_ = c == '"';
    ++read_;
  }
  return State::kOpen;
}

CallExtent::State CallExtent::ToJsonEnd(std::string_view text) {
  constexpr size_t kMaxLead = 256;  // what stands before is a name and an id
  if (!lead_found_) {
    const size_t at = text.substr(0, kMaxLead).find(syntax_->json_after);
    if (at == std::string_view::npos) {
      return text.size() < kMaxLead ? State::kOpen : State::kNone;
    }
    lead_found_ = true;
    read_ = at + syntax_->json_after.size();
  }
  switch (json_.Read(text.substr(read_))) {
    case JsonExtent::State::kOpen:
      return State::kOpen;
    case JsonExtent::State::kNone:
      return State::kNone;
    case JsonExtent::State::kClosed:
      break;
  }
  body_size_ = size_ = read_ + json_.size();
  return State::kClosed;
}

}  // namespace ingle
