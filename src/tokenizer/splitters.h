// The smaller rules that pre-tokenizers apply before or after the main one: digits by themselves,
// scripts by themselves, punctuation by itself. Each cuts a text at the borders of its matches and
// is linear in the text's length. The regular expressions are those of the models' own tokenizers.
#pragma once

#include <cstdint>
#include <string_view>

#include "tokenizer/cuts.h"
#include "tokenizer/unicode.h"
#include "tokenizer/word_grammar.h"

namespace ingle {

using Splitter = void (*)(std::string_view text, Cuts& cuts);
using CharTest = bool (*)(const Char& c);

inline bool IsNumber(const Char& c) { return c.Is(kNumber); }            // \p{N}
inline bool IsLetter(const Char& c) { return c.Is(kLetter); }            // \p{L}
inline bool IsPunctuation(const Char& c) { return c.Is(kPunctuation); }  // \p{P}
inline bool IsNewline(const Char& c) { return c.Is(kNewline); }          // [\r\n]
inline bool IsLineFeed(const Char& c) { return c.code_point == '\n'; }   // \n
// \p{P} and the symbols of ASCII
inline bool IsAnyPunctuation(const Char& c) {
  return c.Is(kPunctuation) || (c.Is(kSymbol) && c.code_point < 0x80);
}
// [\p{P}\$\+<=>\^~\|]
inline bool IsDefaultPunctuation(const Char& c) {
  return IsAnyPunctuation(c) && c.code_point != '`';
}
bool IsDeepSeekLetter(const Char& c);       // a list of letters with case, in splitters.cc
bool IsDeepSeekPunctuation(const Char& c);  // [!-/:-~！-／：-～‘-‟　-。]
bool IsDeepSeekCaseless(const Char& c);     // [一-龥ࠀ-一가-퟿]
bool IsChineseOrKana(const Char& c);        // [一-龥぀-ゟ゠-ヿ]
bool IsAfmoeAsian(const Char& c);           // scripts written without spaces, and Hangul
int YoutuClass(const Char& c);              // Hangul, CJK punctuation, Bopomofo, Chinese and kana

// [test]{1,length}: runs of characters, in pieces of at most `length`.
template <CharTest kTest, uint32_t kLength = kUnlimited>
void Runs(std::string_view text, Cuts& cuts) {
  uint32_t taken = 0;  // of the run that pos is in
  for (size_t pos = 0; pos < text.size();) {
    const Char c = CharAt(text, pos);
    const bool in_run = kTest(c);
    if (in_run ? taken == 0 || taken == kLength : taken > 0) {
      cuts.At(pos);
      taken = 0;
    }
    taken += in_run;
    pos += c.length;
  }
  cuts.At(text.size());
}

// \s?[test]+
template <CharTest kTest>
void RunsAfterSpace(std::string_view text, Cuts& cuts) {
  for (size_t pos = 0; pos < text.size();) {
    const Char c = CharAt(text, pos);
    size_t end = pos + c.length;
    const bool begins =
        kTest(c) || (c.Is(kWhiteSpace) && end < text.size() && kTest(CharAt(text, end)));
    if (begins) {
      for (Char next = CharAt(text, end); next.length != 0 && kTest(next);
           next = CharAt(text, end)) {
        end += next.length;
      }
      cuts.At(pos);
      cuts.At(end);
    }
    pos = end;
  }
  cuts.At(text.size());
}

// Runs of characters of one class; 0 is no class.
template <int (*kClassify)(const Char& c)>
void Classes(std::string_view text, Cuts& cuts) {
  int current = 0;
  for (size_t pos = 0; pos < text.size();) {
    const Char c = CharAt(text, pos);
    const int next = kClassify(c);
    if (next != current) cuts.At(pos);
    current = next;
    pos += c.length;
  }
  cuts.At(text.size());
}

// The main rule.
template <const WordGrammar& kGrammar>
void Words(std::string_view text, Cuts& cuts) {
  SplitWords(kGrammar, text, cuts);
}

// Runs of the kinds, in threes that are counted from the right: 12|345|678.
enum class RunBorders : uint8_t {
  kCut,           // [kinds]{1,3}(?=(?:[kinds]{3})*(?![kinds]))
  kCutAtWordEnd,  // [kinds]{1,3}(?=(?:[kinds]{3})*\b): no run that a word goes on after
  kKeep,          // (?=([kinds]{3})+(?![kinds])): only within runs and before whole threes
};
void SplitThreesFromRight(CharSet kinds, RunBorders borders, std::string_view text, Cuts& cuts);

template <CharSet kKinds, RunBorders kBorders>
void ThreesFromRight(std::string_view text, Cuts& cuts) {
  SplitThreesFromRight(kKinds, kBorders, text, cuts);
}

void AsciiDigitTriples(std::string_view text, Cuts& cuts);  // [0-9][0-9][0-9]
void TrailingSpace(std::string_view text, Cuts& cuts);      // \s+$
void BloomWords(std::string_view text, Cuts& cuts);         //  ?[^(\s|.,!?…。，、।۔،)]+
void ChameleonTokens(std::string_view text, Cuts& cuts);    // <sentinel:[0-9]+>
void ChameleonImages(std::string_view text, Cuts& cuts);    // IMGIMG[A-I]{1,4}Z
void ChameleonSpace(std::string_view text, Cuts& cuts);     // [\t\n]|    |  (four spaces, two)

}  // namespace ingle
