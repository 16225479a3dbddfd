// Text that grows up to a limit. What is written beyond it is dropped and remembered, so writers
// need not check each step, only stop soon after full().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ingle::jinja {

class TextSink {
 public:
  explicit TextSink(uint64_t limit) : limit_(limit) {}

  void Append(std::string_view text) {
    if (full_ || text.size() > limit_ - text_.size()) {
      full_ = true;
    } else {
      text_.append(text);
    }
  }

  // The unit so many times over, or nothing where not all of it has room.
  void Fill(uint64_t count, std::string_view unit) {
    if (unit.empty()) return;
    if (count > (limit_ - text_.size()) / unit.size()) full_ = true;
    for (uint64_t i = 0; i < count && !full_; ++i) text_.append(unit);
  }

  bool full() const { return full_; }
  const std::string& text() const { return text_; }
  std::string Take() { return std::move(text_); }

 private:
  uint64_t limit_;
  std::string text_;
  bool full_ = false;
};

}  // namespace ingle::jinja
