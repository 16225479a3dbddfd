// What a regular expression becomes: instructions for a machine that tries alternatives in order.
#pragma once

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <vector>

#include "tokenizer/regex/regular_expression.h"
#include "tokenizer/unicode.h"

namespace ingle {

// A set of characters: of the ranges, of the kinds, and of the parts; turned over at the end. Parts
// are for what a class holds that is turned over itself, [^\P{L}], and for what it intersects.
struct CharClass {
  struct Range {
    char32_t first;
    char32_t last;
  };
  std::vector<Range> ranges;
  CharSet kinds = 0;
  std::vector<CharClass> any_of;  // also in it: what is in one of these
  std::vector<CharClass> all_of;  // only what is in all of these: &&
  bool negated = false;

  bool Has(const Char& c) const;
};

// What a text can go on with: a character of ASCII, which is its own number, one beyond, or
// nothing.
inline constexpr size_t kBeyondAscii = 0x80;
inline constexpr size_t kNothing = 0x81;
using Leads = std::bitset<kNothing + 1>;

inline size_t LeadAt(std::string_view text, size_t pos) {
  if (pos >= text.size()) return kNothing;
  return std::min<size_t>(static_cast<unsigned char>(text[pos]), kBeyondAscii);
}

struct RegularExpression::Program {
  enum class Op : uint8_t {
    kClass,   // takes a character of classes[index]
    kRun,     // takes as many of them as follow, and gives none back
    kSplit,   // tries `next`, then `other`
    kLook,    // goes on if the part at `other` matches here (if not, where negated)
    kAtomic,  // takes what the part at `other` matches first, and does not try that again
    kAnchor,  // goes on if `anchor` holds here
    kMatch,   // ends the expression, or a part
  };
  enum class Anchor : uint8_t {
    kTextBegin,
    kTextEnd,
    kTextEndOrNewline,
    kLineBegin,
    kLineEnd,
    kWordBorder,
    kNoWordBorder,
  };
  struct Instruction {
    Op op;
    bool negated = false;              // kLook
    Anchor anchor = Anchor::kTextEnd;  // kAnchor
    uint32_t next = 0;
    uint32_t other = 0;   // kSplit, kLook, kAtomic
    uint32_t index = 0;   // kClass, kRun; kSplit: which of them
    uint32_t behind = 0;  // kLook: the part begins so many characters before
  };

  struct Class {
    CharClass characters;
    Leads leads;  // exact for ASCII; beyond, whether any could be in the class
  };

  std::vector<Instruction> instructions;
  std::vector<Leads> leads;  // of each instruction: without one of them it leads to no match
  std::vector<Class> classes;
  uint32_t begin = 0;
  uint32_t splits = 0;
};

// Outside of brackets, and only there, Oniguruma takes the numerals of Latin-1 (²³¹¼½¾) for words.
inline constexpr CharClass::Range kLatinNumeralWords[] = {{0xB2, 0xB3}, {0xB9, 0xB9}, {0xBC, 0xBE}};
inline bool IsLatinNumeralWord(char32_t c) {
  return std::any_of(std::begin(kLatinNumeralWords), std::end(kLatinNumeralWords),
                     [c](const CharClass::Range& r) { return c >= r.first && c <= r.last; });
}

}  // namespace ingle
