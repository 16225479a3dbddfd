// Regular expressions as Oniguruma reads them, which is what tokenizer.json files are written for.
//
// For expressions that no splitter of splitters.h knows. Known are literals, classes (nested, with
// && and \p{..}), groups, alternatives, greedy, lazy and possessive quantifiers, (?i:..), (?m:..),
// atomic groups, looking ahead, looking behind over a fixed number of characters, \R and the
// anchors. What else there is (captures that are read again, conditions, \X) is refused by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ingle {

// Thread safety: immutable once parsed; any thread may search.
class RegularExpression {
 public:
  // Fails with kUnsupported, saying what of the pattern is not known, with kCorrupt where it breaks
  // the syntax, and with kTooLarge where it unfolds to too much ("a{1000}{1000}").
  static Result<RegularExpression> Parse(std::string_view pattern);

  struct Match {
    size_t begin;
    size_t end;
  };

  // The matches from left to right, none within another. An empty one counts, but not right behind
  // another. What failed at one place is not tried there again, so that time and memory grow with
  // the product of the text's and the pattern's length; but each looking ahead and each atomic
  // group may go through the rest of the text. Fails with kTooLarge where that takes too long.
  Result<std::vector<Match>> FindAll(std::string_view text) const;

  // What searches work with, kept so that one after the other need not allocate it anew. For one
  // thread at a time.
  struct Scratch {
    struct Place {
      uint32_t at;  // of the program
      size_t pos;   // of the text
    };
    std::vector<Place> open;
    std::vector<uint64_t> marks;
  };
  // The same, into matches, which it clears first.
  Status FindAll(std::string_view text, Scratch& scratch, std::vector<Match>& matches) const;

  struct Program;  // program.h

 private:
  explicit RegularExpression(std::shared_ptr<const Program> program)
      : program_(std::move(program)) {}

  std::shared_ptr<const Program> program_;
};

}  // namespace ingle
