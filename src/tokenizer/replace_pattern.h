// What a Replace normalizer looks for: a text, or one of the few regular expressions that
// tokenizers in use have there: a run of one set of characters, such as ` {2,}`, `\s+` or `[!?]`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "tokenizer/unicode.h"

namespace ingle {

class ReplacePattern {
 public:
  static Result<ReplacePattern> Literal(std::string_view text);

  // Takes plain characters, or one character or set with one of + {n} {n,} {n,m} after it or none;
  // in both, escapes \s \d \w \n \r \t \f \v and that of punctuation. Of a set, [...] or [^...],
  // the members are characters, escapes, and ranges. Fails with kUnsupported for anything else.
  static Result<ReplacePattern> Regex(std::string_view expression);

  // The text with each match replaced.
  std::string Replace(std::string_view text, std::string_view content) const;

 private:
  // A run of characters that are alike.
  struct Set {
    bool Has(char32_t c) const;

    std::vector<std::pair<char32_t, char32_t>> ranges;  // both ends included
    CharSet kinds = 0;
    bool negated = false;
  };
  class Parser;

  std::string ReplaceLiteral(std::string_view text, std::string_view content) const;
  std::string ReplaceRuns(std::string_view text, std::string_view content) const;

  std::string literal_;  // empty: set_ counts
  Set set_;
  uint32_t min_ = 1;
  uint32_t max_ = 1;
};

}  // namespace ingle
