// A regular expression as a tree, as it was written.
#pragma once

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "base/error.h"
#include "tokenizer/regex/program.h"

namespace ingle {

inline constexpr uint32_t kNoLimit = std::numeric_limits<uint32_t>::max();

struct RegexNode {
  enum class Kind { kEmpty, kClass, kConcat, kAlternatives, kRepeat, kLook, kAtomic, kAnchor };
  enum class Mode { kGreedy, kLazy, kPossessive };

  Kind kind = Kind::kEmpty;
  CharClass characters;          // kClass
  std::vector<RegexNode> parts;  // what it is made of
  uint32_t least = 0;            // kRepeat
  uint32_t most = 0;
  Mode mode = Mode::kGreedy;
  bool negated = false;  // kLook
  bool behind = false;   // kLook: the part is `least` characters long, and ends here
  RegularExpression::Program::Anchor anchor = RegularExpression::Program::Anchor::kTextEnd;

  static RegexNode Of(Kind kind, std::vector<RegexNode> parts) {
    RegexNode node;
    node.kind = kind;
    node.parts = std::move(parts);
    return node;
  }
  static RegexNode Of(CharClass characters) {
    RegexNode node;
    node.kind = Kind::kClass;
    node.characters = std::move(characters);
    return node;
  }
  static RegexNode Of(RegularExpression::Program::Anchor anchor) {
    RegexNode node;
    node.kind = Kind::kAnchor;
    node.anchor = anchor;
    return node;
  }
};

// Errors are those of RegularExpression::Parse.
Result<RegexNode> ParseRegex(std::string_view pattern);
Result<RegularExpression::Program> EmitRegex(const RegexNode& node);

}  // namespace ingle
