// Finds the marks that structure an answer (tags, special tokens) in text that is still growing.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace ingle {

struct CallSyntax;  // tool_formats.h

struct Mark {
  enum class Kind {
    kOpenThought,
    kCloseThought,
    kFrame,        // around what is said: dropped
    kOpenCall,     // of syntax
    kOpenSection,  // a header follows (sections.h)
    kCloseSection,
  };
  std::string_view text;  // never empty
  Kind kind;
  bool first_only = false;  // counts only where nothing has been said yet
  const CallSyntax* syntax = nullptr;
};

struct MarkMatch {
  size_t position;   // where the mark begins, or may begin, or the end of the text
  const Mark* mark;  // null: no whole one
};

// The first place where text has a mark or ends within what may become one. With text_is_whole
// nothing more will come, and only whole marks count.
// REQUIRES: no mark is the beginning of another.
MarkMatch FindMark(std::string_view text, const std::vector<Mark>& marks, bool text_is_whole);

}  // namespace ingle
