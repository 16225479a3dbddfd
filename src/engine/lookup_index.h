// Where the end of a text stood before: what followed it there is a guess at what follows now.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "tokenizer/tokenizer.h"

namespace ingle {

// Prompt lookup (Saxena, 2023), incrementally: a table from the last 5, 3, 2 and 1 tokens to where
// they last ended, in which a newer place replaces an older one, also one of other tokens that hash
// alike. So a token costs the same whatever the length of the text. Not thread-safe.
class LookupIndex {
 public:
  static constexpr size_t kLongestMatch = 16;  // is as good as any longer one

  struct Match {
    size_t length = 0;  // how many tokens before next are those at the end; 0: nothing was found
    size_t next = 0;    // the place behind them
  };

  void Clear();
  void Push(TokenId token);

  const std::vector<TokenId>& text() const { return text_; }

  // The latest place that agrees with the end of the text in the most of the lengths above.
  const Match& match() const { return match_; }

  // The token that followed the match after i others. Where the text ends, what followed begins
  // anew: a text that repeats itself is guessed to go on so. REQUIRES: there is a match.
  TokenId Following(size_t i) const {
    return text_[match_.next + i % (text_.size() - match_.next)];
  }

 private:
  static constexpr std::array<size_t, 4> kLengths = {5, 3, 2, 1};

  uint32_t& SlotOf(size_t end, size_t length);
  size_t Agreement(size_t end) const;
  void Grow();

  std::vector<TokenId> text_;
  std::vector<uint32_t> slots_;  // the end of such tokens, or 0; a power of two of them
  Match match_;
};

}  // namespace ingle
