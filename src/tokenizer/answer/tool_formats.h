// How families of models mark the calls of tools.
#pragma once

#include <array>
#include <string_view>

#include "tokenizer/answer/call_readers.h"

namespace ingle {

struct SectionFormat;  // sections.h

enum class CallEnd {
  kTag,                // at the closing mark
  kTagOutsideStrings,  // at the closing mark that is not inside a JSON string
  kJsonValue,          // with the JSON value
  kAnswer,             // with the answer
};

struct CallSyntax {
  std::string_view open;
  std::string_view close = {};  // kTag, kTagOutsideStrings
  CallEnd end;
  CallReader read;
  // The opening mark is a special token, which no answer writes by chance: it counts within a
  // thought too, and ends it.
  bool special = false;
  bool first_only = false;           // counts only where nothing has been said yet
  bool marks_are_text = false;       // the reader wants the marks too
  std::string_view json_after = {};  // kJsonValue: the value follows this
};

struct ToolFormat {
  std::string_view name;
  std::array<std::string_view, 2> evidence;  // what a template of the family has in its source
  std::array<CallSyntax, 2> syntaxes = {};   // those without opening mark are unused
  const SectionFormat* sections = nullptr;   // some are calls
};

// Null: this template knows no tools.
const ToolFormat* DetectTools(std::string_view template_source);

}  // namespace ingle
