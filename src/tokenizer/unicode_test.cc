#include "tokenizer/unicode.h"

#include <gtest/gtest.h>

namespace ingle {
namespace {

constexpr CharSet kNamedHere = 2 * kWord - 1;

TEST(UnicodeTest, KnowsTheKindsOfCharacters) {
  const struct {
    char32_t code_point;
    CharSet set;
  } kExpected[] = {
      {'A', kUpper | kWord},
      {'z', kLower | kWord},
      {'0', kDigit | kWord},
      {' ', kSpace},
      {'\n', kNewline},
      {'\r', kNewline},
      {'\t', kBlank},
      {0x1C, kOther},
      {'_', kPunctuation | kWord},
      {'$', kSymbol},
      {0x85, kBlank},
      {0xA0, kBlank},
      {0xAD, kOther},
      {0xBD, kNumeral},
      {0x1C5, kUpper | kWord},
      {0x2B0, kCaseless | kWord},
      {0x301, kMark | kWord},
      {0x663, kDigit | kWord},
      {0x2167, kNumeral | kWord},
      {0x3000, kBlank},
      {0x3007, kNumeral | kHan | kWord},
      {0x4E00, kCaseless | kHan | kWord},
      {0x2E80, kSymbol | kHan},
      {0xD7FF, kOther},
      {0xD800, kOther},
      {0xDFFF, kOther},
      {0xE000, kOther},
      {0xFFFD, kSymbol},
      {0x1F600, kSymbol},
      {0x20000, kCaseless | kHan | kWord},
      {0x10FFFF, kOther},
      {0x110000, kOther},
      {0xFFFFFFFF, kOther},
  };
  for (const auto& [code_point, set] : kExpected) {
    EXPECT_EQ(CharSetOf(code_point) & kNamedHere, set)
        << std::hex << static_cast<uint32_t>(code_point);
  }
}

TEST(UnicodeTest, FindsSetsByTheirUnicodeNames) {
  EXPECT_EQ(FindCharSet("Han"), kHan);
  EXPECT_EQ(FindCharSet("klingon"), std::nullopt);
  EXPECT_EQ(FindCharSet(""), std::nullopt);
  EXPECT_EQ(FindCharSet("L"), FindCharSet("Letter"));
  const std::pair<std::string_view, CharSet> kSame[] = {
      {"L", kLetter}, {"N", kNumber}, {"M", kMark},  {"P", kPunctuation},
      {"S", kSymbol}, {"Nd", kDigit}, {"Ll", kLower}};
  for (char32_t c = 0; c < 0x110000; ++c) {
    for (const auto& [name, kinds] : kSame) {
      ASSERT_EQ((CharSetOf(c) & *FindCharSet(name)) != 0, (CharSetOf(c) & kinds) != 0) << name;
    }
  }
  EXPECT_TRUE((CharSetOf(0x1C5) & *FindCharSet("Lt")) != 0);
  EXPECT_TRUE((CharSetOf(0xE01) & *FindCharSet("Thai")) != 0);
  EXPECT_TRUE((CharSetOf(0x3105) & *FindCharSet("Bopomofo")) != 0);  // the last bit
}

TEST(UnicodeTest, EveryCharacterHasExactlyOneOfTheFirstKinds) {
  constexpr CharSet kFirst = kHan - 1;
  for (char32_t c = 0; c < 0x110000; ++c) {
    const CharSet kinds = CharSetOf(c) & kFirst;
    ASSERT_TRUE(kinds != 0 && (kinds & (kinds - 1)) == 0) << std::hex << static_cast<uint32_t>(c);
  }
}

TEST(UnicodeTest, ReadsCharactersAndPutsASymbolForWhatIsNone) {
  const std::string_view text = "a\xC3\xA9\xFF\xE2\x82";
  EXPECT_EQ(CharAt(text, 0).code_point, U'a');
  EXPECT_EQ(CharAt(text, 1).length, 2u);
  EXPECT_TRUE(CharAt(text, 1).Is(kLower));
  EXPECT_TRUE(CharAt(text, 3).Is(kSymbol));
  EXPECT_EQ(CharAt(text, 4).length, 2u);
  EXPECT_EQ(CharAt(text, 6).length, 0u);
  EXPECT_EQ(CharAt(text, 6).set, 0u);
}

}  // namespace
}  // namespace ingle
