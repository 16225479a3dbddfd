#include "base/utf8.h"

#include <gtest/gtest.h>

namespace ingle {
namespace {

TEST(Utf8, EveryCodePointSurvivesTheRoundTrip) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string text;
    AppendUtf8(text, c);
    const Utf8Char decoded = DecodeUtf8(text);
    ASSERT_TRUE(decoded.valid) << static_cast<uint32_t>(c);
    ASSERT_EQ(decoded.code_point, c);
    ASSERT_EQ(decoded.length, text.size());
    ASSERT_EQ(IncompleteUtf8Suffix(text), 0u);
  }
}

TEST(Utf8, TheInlinePartAgreesWithTheRest) {
  std::string text(3, '\0');
  for (uint32_t bytes = 0; bytes < 1u << 24; ++bytes) {
    for (int i = 0; i < 3; ++i) text[i] = static_cast<char>(bytes >> (16 - 8 * i));
    const Utf8Char c = DecodeUtf8(text);
    const Utf8Char expected = DecodeAnyUtf8(text);
    ASSERT_TRUE(c.code_point == expected.code_point && c.length == expected.length &&
                c.valid == expected.valid)
        << bytes;
  }
}

TEST(Utf8, RefusesWhatUnicodeForbids) {
  for (const char* bad : {"\xC0\x80", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                          "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\x80", "\xC3"}) {
    EXPECT_FALSE(IsValidUtf8(bad)) << bad;
  }
}

TEST(Utf8, MalformedTextIsConsumedByMaximalSubparts) {
  EXPECT_EQ(DecodeUtf8("\xE2\x82x").length, 2u);
  EXPECT_EQ(DecodeUtf8("\xE2x").length, 1u);
  EXPECT_EQ(DecodeUtf8("\xFFx").length, 1u);
}

TEST(Utf8, IncompleteSuffixIsWhatMoreBytesCouldComplete) {
  const std::string text = "a\u20ac\U0001F999";  // 1 + 3 + 4 bytes
  const size_t expected[] = {0, 0, 1, 2, 0, 1, 2, 3, 0};
  for (size_t length = 0; length <= text.size(); ++length) {
    EXPECT_EQ(IncompleteUtf8Suffix(text.substr(0, length)), expected[length]) << length;
  }
  EXPECT_EQ(IncompleteUtf8Suffix("\xE0\x80"), 0u);  // overlong: can never become valid
  EXPECT_EQ(IncompleteUtf8Suffix("\x80\x80"), 0u);
}

}  // namespace
}  // namespace ingle
