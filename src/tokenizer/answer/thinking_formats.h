// How families of models mark what they think.
#pragma once

#include <array>
#include <string_view>

namespace ingle {

struct SectionFormat;  // sections.h

struct ThinkingFormat {
  std::string_view name;
  std::array<std::string_view, 2> evidence;  // what a template of the family has in its source
  std::string_view open = {};                // empty: headers of sections tell
  std::string_view close = {};
  // The marks are special tokens, which no answer writes by chance. Marks that are not are also
  // something to talk about, so they open a thought only where nothing has been said yet.
  bool special = false;
  std::array<std::string_view, 6> frame = {};  // marks around what is said: dropped
  const SectionFormat* sections = nullptr;
};

// Null: this template knows no thoughts.
const ThinkingFormat* DetectThinking(std::string_view template_source);

}  // namespace ingle
