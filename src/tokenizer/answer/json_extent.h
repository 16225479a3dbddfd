// Where a JSON object or list ends, in text that is still growing. Brackets and strings only: what
// is between is for a JSON parser to judge.
#pragma once

#include <cstddef>
#include <string_view>

namespace ingle {

class JsonExtent {
 public:
  enum class State {
    kOpen,    // not decided
    kClosed,  // size() bytes, space before it included, are the value
    kNone,    // it is no object or list of objects
  };

  // text: from the beginning of the value, longer at each call. Reads each byte once.
  State Read(std::string_view text);
  size_t size() const { return read_; }

 private:
  State Next(char c);

  State state_ = State::kOpen;
  size_t read_ = 0;
  size_t depth_ = 0;
  char expects_ = 0;  // what the first bracket demands next, beside its own end
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace ingle
