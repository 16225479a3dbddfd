// Finds the tokens that are taken out of a text before an algorithm sees it.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tokenizer/pipeline.h"
#include "tokenizer/token_table.h"

namespace ingle {

class AddedTokens {
 public:
  // Bounds the time that a position of a text can take. Real ones stay under a hundred bytes.
  static constexpr size_t kLongest = 1024;

  AddedTokens() = default;

  // Those without text are left out. Fails when one is longer than kLongest.
  static Result<AddedTokens> Create(std::vector<AddedToken> tokens);

  struct Match {
    size_t begin;  // with what it strips; the text's size where there is none
    size_t end;
    TokenId id;
  };

  // The first at or after pos, the longest of those that begin there; special ones only with
  // parse_special. What it strips before it does not go back beyond pos.
  Match Next(std::string_view text, size_t pos, bool parse_special) const;

  bool empty() const { return tokens_.empty(); }

 private:
  // The longest that text has at pos; null where there is none.
  const AddedToken* LongestAt(std::string_view text, size_t pos, bool parse_special) const;

  std::vector<AddedToken> tokens_;  // by text
  std::array<bool, 256> begins_{};  // the first bytes that occur
};

}  // namespace ingle
