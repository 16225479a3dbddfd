// Where the text of a call ends, in an answer that is still growing.
#pragma once

#include <cstddef>
#include <string_view>

#include "tokenizer/answer/json_extent.h"
#include "tokenizer/answer/tool_formats.h"

namespace ingle {

class CallExtent {
 public:
  enum class State {
    kOpen,
    kClosed,  // body_size() bytes are the call, size() with the closing mark
    kNone,    // whatever comes, it is no call
  };

  // REQUIRES: syntax outlives this.
  explicit CallExtent(const CallSyntax& syntax) : syntax_(&syntax) {}

  // text: what follows the opening mark, longer at each call. Reads each byte about once.
  State Read(std::string_view text);
  size_t body_size() const { return body_size_; }
  size_t size() const { return size_; }

 private:
  State ToTag(std::string_view text);
  State ToTagOutsideStrings(std::string_view text);
  State ToJsonEnd(std::string_view text);

  const CallSyntax* syntax_;
  size_t read_ = 0;  // kTag, kTagOutsideStrings: decided; kJsonValue: what stands before the value
  bool in_string_ = false;
  bool lead_found_ = false;
  JsonExtent json_;
  size_t body_size_ = 0;
  size_t size_ = 0;
};

}  // namespace ingle
