// What normalizers ask of a character. The answers are those of the Python package `tokenizers`,
// whose parts go by several versions of Unicode; pre-tokenizers ask unicode.h, which goes by one.
#pragma once

#include <cstdint>

namespace ingle {

// How a character joins its neighbours in a grapheme cluster (Unicode Standard Annex 29).
enum class GraphemeBreak : uint8_t {
  kOther,
  kCr,
  kLf,
  kControl,
  kExtend,
  kZwj,
  kRegionalIndicator,
  kPrepend,
  kSpacingMark,
  kHangulL,
  kHangulV,
  kHangulT,
  kHangulLv,
  kHangulLvt,
};
enum class ConjunctBreak : uint8_t { kNone, kConsonant, kLinker, kExtend };

// The order of bits is that of tools/make_normalizer_tables.py.
struct CharTraits {
  uint32_t bits = 0;

  uint8_t combining_class() const { return static_cast<uint8_t>(bits); }
  GraphemeBreak grapheme_break() const { return static_cast<GraphemeBreak>(bits >> 8 & 15); }
  ConjunctBreak conjunct_break() const { return static_cast<ConjunctBreak>(bits >> 12 & 3); }
  bool pictographic() const { return (bits >> 14 & 1) != 0; }
  bool accent() const { return (bits >> 16 & 1) != 0; }       // what StripAccents removes
  bool nonspacing() const { return (bits >> 17 & 1) != 0; }   // what BERT takes for an accent
  bool control() const { return (bits >> 18 & 1) != 0; }      // what BERT removes as not text
  bool punctuation() const { return (bits >> 19 & 1) != 0; }  // a word by itself for BERT
  bool canonical() const { return (bits >> 20 & 1) != 0; }    // NFD takes it apart
  bool compatible() const { return (bits >> 21 & 1) != 0; }   // NFKD takes it apart
  bool joins() const { return (bits >> 22 & 1) != 0; }        // composes with some character before
};

// None beyond U+10FFFF.
CharTraits TraitsOf(char32_t code_point);

// U+0130 alone becomes two characters, and is left as it is here.
char32_t LowerCase(char32_t code_point);

}  // namespace ingle
