// Cuts a template into tokens, with Jinja's rules for blanks around tags: trim_blocks and
// lstrip_blocks are on, "-" strips, "+" keeps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tokenizer/template/value.h"

namespace ingle::jinja {

struct Token {
  enum class Kind {
    kData,           // text between tags, in text
    kVariableBegin,  // {{
    kVariableEnd,    // }}
    kBlockBegin,     // {%
    kBlockEnd,       // %}
    kName,
    kString,    // unescaped, in text
    kNumber,    // in number
    kOperator,  // in text
    kEnd,       // of the template
  };
  Kind kind;
  int line;
  std::string text;
  Value number;

  bool IsOperator(std::string_view sign) const { return kind == Kind::kOperator && text == sign; }
  bool IsName(std::string_view name) const { return kind == Kind::kName && text == name; }
};

// How a message shows a token.
std::string Describe(const Token& token);

// The last token is kEnd. REQUIRES: source is valid UTF-8.
Result<std::vector<Token>> Tokenize(std::string_view source);

}  // namespace ingle::jinja
