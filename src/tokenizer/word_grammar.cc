#include "tokenizer/word_grammar.h"

#include <algorithm>

namespace ingle {
namespace {

bool IsAsciiLetter(char32_t c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

bool IsAsciiPunctuation(char32_t c) {
  return c > ' ' && c < 0x7F && !IsAsciiLetter(c) && !(c >= '0' && c <= '9');
}

// Matches a grammar at positions of a text. "End" functions return where a match that begins at pos
// ends, or 0 where there is none.
class Matcher {
 public:
  Matcher(const WordGrammar& grammar, std::string_view text) : grammar_(grammar), text_(text) {}

  size_t End(size_t pos) {
    const Char c = At(pos);
    if (grammar_.han_runs && c.Is(kHan)) return SkipRun(pos, kHan);
    if (c.code_point == '\'') {
      if (const size_t end = ContractionPieceEnd(pos)) return end;
    }
    if (grammar_.punctuated_words) {
      if (const size_t end = PunctuatedWordEnd(pos, c)) return end;
    }
    if (const size_t end = WordEnd(pos, c)) return end;
    if (const size_t end = NumberEnd(pos, c)) return end;
    if (const size_t end = PunctuationEnd(pos, c)) return end;
    return c.Is(kWhiteSpace) ? SpaceEnd(pos, c) : 0;
  }

 private:
  using Contractions = WordGrammar::Contractions;
  using Words = WordGrammar::Words;
  using Newlines = WordGrammar::Newlines;
  using Tail = WordGrammar::Tail;

  // Of a run of white space; positions within it share one look at it.
  struct SpaceRun {
    size_t end = 0;
    size_t after_last_newline = 0;  // 0 where the run has none
  };

  Char At(size_t pos) const { return CharAt(text_, pos); }

  size_t SkipRun(size_t pos, CharSet kinds) const {
    for (Char c = At(pos); c.Is(kinds); c = At(pos)) pos += c.length;
    return pos;
  }

  size_t ContractionPieceEnd(size_t pos) const {
    if (grammar_.contractions == Contractions::kLowerCase) return ContractionEnd(pos, false);
    if (grammar_.contractions == Contractions::kAnyCase) return ContractionEnd(pos, true);
    return 0;
  }
  size_t ContractionEnd(size_t pos, bool any_case) const;
  size_t PunctuatedWordEnd(size_t pos, const Char& c) const;
  size_t WordEnd(size_t pos, const Char& c) const;
  size_t CasedWordEnd(size_t pos, const Char& c) const;
  size_t UpperThenLowerEnd(size_t pos) const;
  size_t UpperEnd(size_t pos) const;
  size_t PhraseEnd(size_t pos) const;
  size_t NumberEnd(size_t pos, const Char& first) const;
  size_t PunctuationEnd(size_t pos, const Char& first) const;
  size_t SpaceEnd(size_t pos, const Char& c);
  size_t PowerOfTwoEnd(size_t pos) const;

  bool InWord(const Char& c, CharSet kinds) const {
    return c.Is(kinds) && !(grammar_.han_runs && c.Is(kHan));
  }

  const WordGrammar& grammar_;
  const std::string_view text_;
  SpaceRun run_;
};

size_t Matcher::ContractionEnd(size_t pos, bool any_case) const {
  if (At(pos).code_point != '\'') return 0;
  const auto letter_at = [&](size_t at) -> Char {
    Char c = At(at);
    if (!any_case) return c;
    // U+017F, the long s, folds to s as well.
    c.code_point = c.code_point == 0x17F         ? U's'
                   : IsAsciiLetter(c.code_point) ? c.code_point | 0x20
                                                 : c.code_point;
    return c;
  };
  const Char first = letter_at(pos + 1);
  const size_t end = pos + 1 + first.length;
  switch (first.code_point) {
    case 's':
    case 't':
    case 'm':
    case 'd':
      return end;
    case 'r':
    case 'v':
      return letter_at(end).code_point == 'e' ? end + 1 : 0;
    case 'l':
      return letter_at(end).code_point == 'l' ? end + 1 : 0;
    default:
      return 0;
  }
}

size_t Matcher::PunctuatedWordEnd(size_t pos, const Char& c) const {
  if (!IsAsciiPunctuation(c.code_point)) return 0;
  size_t end = pos + 1;
  while (IsAsciiLetter(At(end).code_point)) ++end;
  return end > pos + 1 ? end : 0;
}

size_t Matcher::WordEnd(size_t pos, const Char& c) const {
  if (grammar_.words == Words::kByCase) {
    const size_t end = CasedWordEnd(pos, c);
    if (end == 0 || grammar_.contractions != Contractions::kEndOfWord) return end;
    return std::max(end, ContractionEnd(end, true));
  }
  size_t begin = pos;
  if (!c.Is(grammar_.letters)) {
    if (!c.Is(grammar_.word_prefix)) return 0;
    begin += c.length;
    if (!At(begin).Is(grammar_.letters)) return 0;
  }
  return grammar_.words == Words::kAcrossSpaces ? PhraseEnd(begin)
                                                : SkipRun(begin, grammar_.letters);
}

// prefix? upper* lower+ | prefix? upper+ lower*, where letters without case and marks are both. A
// mark may be a prefix too, so that where the prefix leads nowhere it is tried as a letter.
size_t Matcher::CasedWordEnd(size_t pos, const Char& c) const {
  const bool prefixed = c.Is(grammar_.word_prefix);
  const size_t after = pos + c.length;
  if (prefixed) {
    if (const size_t end = UpperThenLowerEnd(after)) return end;
  }
  if (const size_t end = UpperThenLowerEnd(pos)) return end;
  if (prefixed) {
    if (const size_t end = UpperEnd(after)) return end;
  }
  return UpperEnd(pos);
}

constexpr CharSet kUpperOrBoth = kUpper | kCaseless | kMark;
constexpr CharSet kLowerOrBoth = kLower | kCaseless | kMark;

// upper* lower+. Where nothing lower follows, upper* gives back characters until it has given back
// one that is both.
size_t Matcher::UpperThenLowerEnd(size_t pos) const {
  size_t after_last_both = 0;
  Char c = At(pos);
  for (; InWord(c, kUpperOrBoth); c = At(pos)) {
    pos += c.length;
    if (c.Is(kLowerOrBoth)) after_last_both = pos;
  }
  if (!InWord(c, kLowerOrBoth)) return after_last_both;
  for (; InWord(c, kLowerOrBoth); c = At(pos)) pos += c.length;
  return pos;
}

// upper+ lower*, where upper* lower+ has failed: then nothing lower follows.
size_t Matcher::UpperEnd(size_t pos) const {
  const size_t begin = pos;
  for (Char c = At(pos); InWord(c, kUpperOrBoth); c = At(pos)) pos += c.length;
  return pos > begin ? pos : 0;
}

// (?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+. REQUIRES: a letter at pos.
size_t Matcher::PhraseEnd(size_t pos) const {
  for (;;) {
    pos = SkipRun(pos + At(pos).length, kMark);
    if (At(pos).Is(kLetter)) continue;
    if (!At(pos).Is(kSpace) || !At(pos + 1).Is(kLetter)) return pos;
    ++pos;
  }
}

size_t Matcher::NumberEnd(size_t pos, const Char& first) const {
  Char c = first;
  if (grammar_.space_before_number && c.Is(kSpace)) c = At(++pos);
  if (!c.Is(kNumber) || grammar_.number_length == 0) return 0;
  for (uint32_t n = 0; n < grammar_.number_length && c.Is(kNumber); ++n, c = At(pos)) {
    pos += c.length;
  }
  return pos;
}

size_t Matcher::PunctuationEnd(size_t pos, const Char& first) const {
  if (first.Is(kSpace)) ++pos;
  const size_t end = SkipRun(pos, grammar_.punctuation);
  if (end == pos) return 0;
  const auto is_tail = [&](const Char& c) {
    return c.Is(kNewline) || (grammar_.tail != Tail::kNewlines && c.code_point == '/');
  };
  size_t tail_end = end;
  if (grammar_.tail == Tail::kOneNewlineOrSlash) {
    tail_end += is_tail(At(end));
  } else if (grammar_.tail != Tail::kNone) {
    while (is_tail(At(tail_end))) ++tail_end;
  }
  return tail_end;
}

// REQUIRES: white space at pos, which c is.
size_t Matcher::SpaceEnd(size_t pos, const Char& c) {
  if (pos >= run_.end) {
    run_ = {pos, 0};
    for (Char next = c; next.Is(kWhiteSpace); next = At(run_.end)) {
      run_.end += next.length;
      if (next.Is(kNewline)) run_.after_last_newline = run_.end;
    }
  }
  if (grammar_.newlines == Newlines::kWithSpace && run_.after_last_newline > pos) {
    return run_.after_last_newline;
  }
  if (grammar_.newlines == Newlines::kOne && c.Is(kNewline)) return pos + 1;
  if (grammar_.space == WordGrammar::Space::kPowersOfTwo) return PowerOfTwoEnd(pos);

  if (run_.end == text_.size()) return run_.end;
  // The last character of the run stays for the word that follows, unless it is alone.
  size_t last = run_.end - 1;
  while ((static_cast<unsigned char>(text_[last]) & 0xC0) == 0x80) --last;
  return last > pos ? last : run_.end;
}

size_t Matcher::PowerOfTwoEnd(size_t pos) const {
  constexpr size_t kLongest = 512;
  size_t ends[kLongest + 1] = {pos};  // ends[n]: after n characters
  size_t available = 0;  // characters that may be taken with white space or nothing next
  for (size_t end = pos; available < kLongest && end < run_.end; ends[++available] = end) {
    end += At(end).length;
  }
  const bool nothing_next = ends[available] < run_.end || run_.end == text_.size();
  if (!nothing_next) --available;
  for (size_t n = kLongest; n > 2; n /= 2) {
    if (n <= available) return ends[n];
  }
  return ends[std::clamp<size_t>(available, 1, 2)];
}

}  // namespace

void SplitWords(const WordGrammar& grammar, std::string_view text, Cuts& cuts) {
  Matcher matcher(grammar, text);
  size_t pos = 0;
  while (pos < text.size()) {
    const size_t end = matcher.End(pos);
    if (end == 0) {
      pos += CharAt(text, pos).length;
      continue;
    }
    cuts.At(pos);
    cuts.At(end);
    pos = end;
  }
  cuts.At(text.size());
}

}  // namespace ingle
