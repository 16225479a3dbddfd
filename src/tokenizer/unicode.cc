#include "tokenizer/unicode.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace ingle {
namespace {

constexpr size_t kBlocks = 0x110000 >> 8;

// For each block of 256 code points, the range that its first one lies in: a search starts there
// and is over within the block.
constexpr std::array<uint16_t, kBlocks + 1> FirstRanges() {
  std::array<uint16_t, kBlocks + 1> first{};
  size_t range = 0;
  for (size_t block = 0; block < kBlocks; ++block) {
    while (range + 1 < std::size(kCharRanges) && kCharRanges[range + 1] >> 8 <= block << 8) ++range;
    first[block] = static_cast<uint16_t>(range);
  }
  first[kBlocks] = static_cast<uint16_t>(std::size(kCharRanges) - 1);
  return first;
}

constexpr std::array<uint16_t, kBlocks + 1> kFirstRanges = FirstRanges();

// In the order of the bits, from the fourteenth on.
constexpr int kFirstNamed = 14;
constexpr std::string_view kNamed[] = {
    "Lu",       "Ll",      "Lt",     "Lm",         "Lo",       "Mn",       "Mc",      "Me",
    "Nd",       "Nl",      "No",     "Pc",         "Pd",       "Ps",       "Pe",      "Pi",
    "Pf",       "Po",      "Sm",     "Sc",         "Sk",       "So",       "Zs",      "Zl",
    "Zp",       "Cc",      "Cf",     "Cs",         "Co",       "Cn",       "Latin",   "Greek",
    "Cyrillic", "Arabic",  "Hebrew", "Devanagari", "Bengali",  "Tamil",    "Thai",    "Lao",
    "Tibetan",  "Myanmar", "Khmer",  "Hangul",     "Hiragana", "Katakana", "Bopomofo"};
constexpr size_t kCategories = 30;  // the first of them

struct LongName {
  std::string_view name;
  std::string_view category;  // or the letter that several begin with
};
constexpr LongName kLongNames[] = {{"Letter", "L"},
                                   {"Mark", "M"},
                                   {"Number", "N"},
                                   {"Punctuation", "P"},
                                   {"Symbol", "S"},
                                   {"Separator", "Z"},
                                   {"Other", "C"},
                                   {"Uppercase_Letter", "Lu"},
                                   {"Lowercase_Letter", "Ll"},
                                   {"Titlecase_Letter", "Lt"},
                                   {"Modifier_Letter", "Lm"},
                                   {"Other_Letter", "Lo"},
                                   {"Nonspacing_Mark", "Mn"},
                                   {"Decimal_Number", "Nd"},
                                   {"Letter_Number", "Nl"},
                                   {"Other_Number", "No"},
                                   {"Space_Separator", "Zs"},
                                   {"Control", "Cc"},
                                   {"Format", "Cf"}};

}  // namespace

CharSet CharSetOf(char32_t code_point) {
  if (code_point < 0x80) return kAsciiSets[code_point];
  if (code_point >= 0x110000) return kOther;
  const uint32_t* first = kCharRanges + kFirstRanges[code_point >> 8];
  const uint32_t* last = kCharRanges + kFirstRanges[(code_point >> 8) + 1] + 1;
  const uint32_t* after = std::upper_bound(first, last, code_point << 8 | 0xFF);
  return kCharSets[after[-1] & 0xFF];
}

std::optional<CharSet> FindCharSet(std::string_view name) {
  for (const LongName& row : kLongNames) {
    if (row.name == name) name = row.category;
  }
  if (name == "Han") return kHan;
  CharSet found = 0;
  for (size_t i = 0; i < std::size(kNamed); ++i) {
    const bool of_letter = name.size() == 1 && i < kCategories && kNamed[i][0] == name[0];
    if (of_letter || kNamed[i] == name) found |= CharSet{1} << (kFirstNamed + i);
  }
  if (found == 0) return std::nullopt;
  return found;
}

}  // namespace ingle
