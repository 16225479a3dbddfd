#include "tokenizer/splitters.h"

#include <algorithm>
#include <iterator>

namespace ingle {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// REQUIRES: ranges in ascending order.
template <size_t kCount>
bool Contains(const Range (&ranges)[kCount], char32_t c) {
  const Range* range =
      std::lower_bound(std::begin(ranges), std::end(ranges), c,
                       [](const Range& r, char32_t value) { return r.last < value; });
  return range != std::end(ranges) && range->first <= c;
}

bool IsAsciiDigit(std::string_view text, size_t pos) {
  return pos < text.size() && text[pos] >= '0' && text[pos] <= '9';
}

// Cuts at both ends of every match; match_end(pos) is 0 where none begins.
template <class MatchEnd>
void CutMatches(std::string_view text, Cuts& cuts, const MatchEnd& match_end) {
  for (size_t pos = 0; pos < text.size();) {
    const size_t end = match_end(pos);
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

size_t RunEnd(std::string_view text, size_t pos, CharTest test) {
  for (Char c = CharAt(text, pos); c.length != 0 && test(c); c = CharAt(text, pos)) pos += c.length;
  return pos;
}

}  // namespace

void SplitThreesFromRight(CharSet kinds, RunBorders borders, std::string_view text, Cuts& cuts) {
  for (size_t pos = 0; pos < text.size();) {
    const Char first = CharAt(text, pos);
    if (!first.Is(kinds)) {
      pos += first.length;
      continue;
    }
    size_t count = 0;
    size_t end = pos;
    Char c = first;
    for (; c.Is(kinds); c = CharAt(text, end)) {
      end += c.length;
      ++count;
    }
    if (borders == RunBorders::kCutAtWordEnd && c.Is(kWord)) {
      pos = end;
      continue;
    }
    if (borders != RunBorders::kKeep) cuts.At(pos);
    for (; pos < end; --count) {
      if (count % 3 == 0) cuts.At(pos);
      pos += CharAt(text, pos).length;
    }
    if (borders != RunBorders::kKeep) cuts.At(end);
  }
  cuts.At(text.size());
}

void AsciiDigitTriples(std::string_view text, Cuts& cuts) {
  CutMatches(text, cuts, [&](size_t pos) -> size_t {
    const bool triple =
        IsAsciiDigit(text, pos) && IsAsciiDigit(text, pos + 1) && IsAsciiDigit(text, pos + 2);
    return triple ? pos + 3 : 0;
  });
}

void TrailingSpace(std::string_view text, Cuts& cuts) {
  size_t begin = 0;  // of the white space that reaches up to pos
  for (size_t pos = 0; pos < text.size();) {
    const Char c = CharAt(text, pos);
    pos += c.length;
    if (!c.Is(kWhiteSpace)) begin = pos;
  }
  cuts.At(begin);
  cuts.At(text.size());
}

void BloomWords(std::string_view text, Cuts& cuts) {
  const CharTest in_word = [](const Char& c) {
    constexpr std::u32string_view kSeparators =
        U"(|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)";
    return !c.Is(kWhiteSpace) && kSeparators.find(c.code_point) == std::u32string_view::npos;
  };
  CutMatches(text, cuts, [&](size_t pos) -> size_t {
    const size_t begin = text[pos] == ' ' ? pos + 1 : pos;
    const size_t end = RunEnd(text, begin, in_word);
    return end > begin ? end : 0;
  });
}

void ChameleonTokens(std::string_view text, Cuts& cuts) {
  constexpr std::string_view kStart = "<sentinel:";
  CutMatches(text, cuts, [&](size_t pos) -> size_t {
    if (text.substr(pos, kStart.size()) != kStart) return 0;
    const size_t digits = pos + kStart.size();
    size_t end = digits;
    while (IsAsciiDigit(text, end)) ++end;
    return end > digits && end < text.size() && text[end] == '>' ? end + 1 : 0;
  });
}

void ChameleonImages(std::string_view text, Cuts& cuts) {
  constexpr std::string_view kStart = "IMGIMG";
  CutMatches(text, cuts, [&](size_t pos) -> size_t {
    if (text.substr(pos, kStart.size()) != kStart) return 0;
    const std::string_view rest = text.substr(pos + kStart.size());
    const size_t letters = rest.substr(0, 5).find_first_not_of("ABCDEFGHI");
    if (letters == 0 || letters == std::string_view::npos || rest[letters] != 'Z') return 0;
    return pos + kStart.size() + letters + 1;
  });
}

void ChameleonSpace(std::string_view text, Cuts& cuts) {
  CutMatches(text, cuts, [&](size_t pos) -> size_t {
    if (text[pos] == '\t' || text[pos] == '\n') return pos + 1;
    if (text.substr(pos, 4) == "    ") return pos + 4;
    return text.substr(pos, 2) == "  " ? pos + 2 : 0;
  });
}

bool IsDeepSeekLetter(const Char& c) {
  static constexpr Range kLetters[] = {
      {0x41, 0x5A},       {0x61, 0x7A},       {0xB5, 0xB5},       {0xC0, 0xD6},
      {0xD8, 0xF6},       {0xF8, 0x1BA},      {0x1BC, 0x1BF},     {0x1C4, 0x293},
      {0x295, 0x2AF},     {0x370, 0x373},     {0x376, 0x377},     {0x37B, 0x37D},
      {0x37F, 0x37F},     {0x386, 0x386},     {0x388, 0x38A},     {0x38C, 0x38C},
      {0x38E, 0x3A1},     {0x3A3, 0x3F5},     {0x3F7, 0x481},     {0x48A, 0x52F},
      {0x531, 0x556},     {0x10A0, 0x10C5},   {0x13A0, 0x13F5},   {0x13F8, 0x13FD},
      {0x1C90, 0x1CBA},   {0x1CBD, 0x1CBF},   {0x1D00, 0x1D2B},   {0x1D6B, 0x1D77},
      {0x1D79, 0x1D9A},   {0x1E00, 0x1F15},   {0x1F18, 0x1F1D},   {0x1F20, 0x1F45},
      {0x1F48, 0x1F4D},   {0x1F50, 0x1F57},   {0x1F59, 0x1F59},   {0x1F5B, 0x1F5B},
      {0x1F5D, 0x1F5D},   {0x1F5F, 0x1F7D},   {0x1F80, 0x1FB4},   {0x1FB6, 0x1FBC},
      {0x1FBE, 0x1FBE},   {0x1FC2, 0x1FC4},   {0x1FC6, 0x1FCC},   {0x1FD0, 0x1FD3},
      {0x1FD6, 0x1FDB},   {0x1FE0, 0x1FEC},   {0x1FF2, 0x1FF4},   {0x1FF6, 0x1FFC},
      {0x2102, 0x2102},   {0x2107, 0x2107},   {0x210A, 0x2113},   {0x2115, 0x2115},
      {0x2119, 0x211D},   {0x2124, 0x2124},   {0x2126, 0x2126},   {0x2128, 0x2128},
      {0x212A, 0x212D},   {0x212F, 0x2134},   {0x2139, 0x2139},   {0x213C, 0x213F},
      {0x2145, 0x2149},   {0x214E, 0x214E},   {0x2183, 0x2184},   {0x2C00, 0x2C7B},
      {0x2C7E, 0x2CE4},   {0x2CEB, 0x2CEE},   {0x2CF2, 0x2CF3},   {0xA640, 0xA66D},
      {0xA680, 0xA69B},   {0xA722, 0xA76F},   {0xA771, 0xA787},   {0xA78B, 0xA78E},
      {0xAB70, 0xABBF},   {0xFB00, 0xFB06},   {0xFB13, 0xFB17},   {0xFF21, 0xFF3A},
      {0xFF41, 0xFF5A},   {0x10400, 0x1044F}, {0x104B0, 0x104D3}, {0x104D8, 0x104FB},
      {0x10C80, 0x10CB2}, {0x10CC0, 0x10CF2}, {0x118A0, 0x118DF}, {0x1E900, 0x1E943},
  };
  return Contains(kLetters, c.code_point);
}

bool IsDeepSeekPunctuation(const Char& c) {
  static constexpr Range kRanges[] = {
      {'!', '/'},       {':', '~'},       {0x2018, 0x201F},
      {0x3000, 0x3002}, {0xFF01, 0xFF0F}, {0xFF1A, 0xFF5E},
  };
  return Contains(kRanges, c.code_point);
}

bool IsDeepSeekCaseless(const Char& c) {
  static constexpr Range kRanges[] = {{0x800, 0x9FA5}, {0xAC00, 0xD7FF}};
  return Contains(kRanges, c.code_point);
}

bool IsChineseOrKana(const Char& c) {
  static constexpr Range kRanges[] = {{0x3040, 0x30FF}, {0x4E00, 0x9FA5}};
  return Contains(kRanges, c.code_point);
}

bool IsAfmoeAsian(const Char& c) {
  static constexpr Range kRanges[] = {
      {0xE40, 0xEFF},   {0x1000, 0x109F}, {0x1100, 0x11FF}, {0x1780, 0x17FF}, {0x2F00, 0x2FDF},
      {0x3040, 0x30FF}, {0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xA9E0, 0xA9FF}, {0xAA60, 0xAA7F},
      {0xAC00, 0xD7AF}, {0xF900, 0xFAFF}, {0xFF65, 0xFF9F},
  };
  return Contains(kRanges, c.code_point);
}

int YoutuClass(const Char& c) {
  static constexpr Range kHangul[] = {{0x3131, 0x318E}, {0xAC00, 0xD7A3}};
  static constexpr Range kMarksOfCjk[] = {
      {0x2014, 0x2014}, {0x2018, 0x2019}, {0x201C, 0x201D}, {0x2026, 0x2026}, {0x3001, 0x303F},
      {0xFE30, 0xFE4F}, {0xFF01, 0xFF01}, {0xFF0C, 0xFF0C}, {0xFF1A, 0xFF1B},
  };
  static constexpr Range kBopomofo[] = {{0x3105, 0x312F}};
  if (Contains(kHangul, c.code_point)) return 1;
  if (Contains(kMarksOfCjk, c.code_point)) return 2;
  if (Contains(kBopomofo, c.code_point)) return 3;
  return IsChineseOrKana(c) ? 4 : 0;
}

}  // namespace ingle
