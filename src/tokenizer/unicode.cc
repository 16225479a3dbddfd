#include "tokenizer/unicode.h"

#include "tokenizer/range_index.h"

namespace ingle {
namespace {

constexpr RangeIndex kRanges(kCharRanges);

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
  return kCharSets[kRanges.Find(code_point)];
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
