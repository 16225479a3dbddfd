// Finds the tokens that are taken out of a text before an algorithm sees it.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tokenizer/vocabulary.h"

namespace ingle {

class SpecialTokens {
 public:
  // Bounds the time that a position of a text can take. Real ones stay under a hundred bytes.
  static constexpr size_t kLongest = 1024;

  // The vocabulary must outlive the result. strip_after: which of them also take the white space
  // that follows. Fails when one is longer than kLongest.
  static Result<SpecialTokens> Create(const Vocabulary& vocabulary,
                                      const std::vector<TokenId>& strip_after);

  struct Match {
    size_t begin;  // the text's size where there is none
    size_t end;    // after the token and what it strips
    TokenId id;
  };

  // The first special token at or after pos, the longest of those that begin there. User-defined
  // tokens always count, control and unknown tokens only with parse_special.
  Match Next(std::string_view text, size_t pos, bool parse_special) const;

 private:
  SpecialTokens(const Vocabulary& vocabulary, const std::vector<TokenId>& strip_after);

  // The longest that text begins with.
  TokenId LongestPrefix(std::string_view text, bool parse_special) const;

  const Vocabulary* vocabulary_;
  std::vector<TokenId> sorted_;  // by bytes
  std::vector<TokenId> strip_after_;
  std::array<bool, 256> begins_{};  // the first bytes that occur
};

}  // namespace ingle
