// The main rule of nearly every pre-tokenizer: an alternation of contractions, words, numbers, runs
// of punctuation and white space, which began as GPT-2's regular expression
//
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
//
// and has been varied ever since. The variations are fields here; the alternatives are tried in the
// order of the fields.
#pragma once

#include <cstdint>
#include <string_view>

#include "tokenizer/cuts.h"
#include "tokenizer/unicode.h"

namespace ingle {

inline constexpr uint32_t kUnlimited = 0xFFFFFFFF;

struct WordGrammar {
  // 's 't 're 've 'm 'll 'd
  enum class Contractions : uint8_t {
    kNone,
    kLowerCase,  // pieces of their own
    kAnyCase,    // pieces of their own: (?i:...)
    kEndOfWord,  // (?i:...)? after a word
  };
  enum class Words : uint8_t {
    kLetters,       // letters+
    kByCase,        // upper*lower+|upper+lower*: a capital after a small letter begins a word
    kAcrossSpaces,  // letters with marks, also after single spaces
  };
  enum class Tail : uint8_t { kNone, kNewlines, kNewlinesAndSlashes, kOneNewlineOrSlash };
  enum class Newlines : uint8_t { kNone, kWithSpace, kOne };  // -, \s*[\r\n]+, [\r\n]
  enum class Space : uint8_t {
    kRuns,         // \s+(?!\S)|\s+
    kPowersOfTwo,  // \s{512}(?!\S)|\s{256}(?!\S)| ... |\s{4}(?!\S)|\s{1,2}(?!\S)|\s
  };

  bool han_runs = false;  // \p{Han}+ first; then words hold no Han character
  Contractions contractions = Contractions::kNone;
  bool punctuated_words = false;  // an ASCII punctuation character and ASCII letters

  Words words = Words::kLetters;
  CharSet word_prefix = kSpace;  // one such character may begin a word
  CharSet letters = kLetter;     // not read for kByCase

  uint32_t number_length = 1;  // in characters; 0 where numbers are not a rule
  bool space_before_number = false;

  CharSet punctuation = kMarks;  // runs of it, after an optional space
  Tail tail = Tail::kNone;       // what the run takes with it

  Newlines newlines = Newlines::kNone;
  Space space = Space::kRuns;
};

// Cuts text at the borders of all matches. Linear in the length of text.
void SplitWords(const WordGrammar& grammar, std::string_view text, Cuts& cuts);

}  // namespace ingle
