// Against what the Python package `tokenizers`, that is Oniguruma, finds
// (tests/goldens/tokenizer/make_regular_expression_goldens.py), and against hostile patterns.
#include "tokenizer/regex/regular_expression.h"

#include <cstdlib>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ingle {
namespace {

std::vector<size_t> Borders(const RegularExpression& expression, std::string_view text) {
  std::vector<size_t> borders;
  const auto matches = expression.FindAll(text);
  if (!matches) return {SIZE_MAX};
  for (const auto& match : *matches) {
    for (const size_t border : {match.begin, match.end}) {
      const size_t last = borders.empty() ? 0 : borders.back();
      if (border > last && border < text.size()) borders.push_back(border);
    }
  }
  return borders;
}

TEST(RegularExpressionTest, CutsAsOnigurumaDoes) {
  const char* given = std::getenv("INGLE_REGULAR_EXPRESSION_GOLDENS");
  const std::string path =
      given ? given : INGLE_SOURCE_DIR "/tests/goldens/tokenizer/regular_expressions.json";
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  const auto goldens = nlohmann::json::parse(file);
  ASSERT_GT(goldens.size(), 40u);
  for (const auto& golden : goldens) {
    const std::string pattern = golden["pattern"];
    const auto expression = RegularExpression::Parse(pattern);
    ASSERT_TRUE(expression) << expression.error().message();
    for (const auto& [text, borders] : golden["texts"].items()) {
      EXPECT_EQ(Borders(*expression, text), borders.get<std::vector<size_t>>())
          << pattern << " on " << nlohmann::json(text);
    }
  }
}

TEST(RegularExpressionTest, RefusesByName) {
  const auto message = [](std::string_view pattern) {
    const auto parsed = RegularExpression::Parse(pattern);
    return parsed ? "taken" : parsed.error().message();
  };
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"(a)\\1", "'\\1' is not known"},
      {"\\X", "'\\X' is not known"},
      {"\\p{Klingon}", "'\\p{Klingon}' is not known"},
      {"[[:alpha:]]", "[: :]"},
      {"(?x)a", "'(?x' is not known"},
      {"(?<=a+)b", "open number"},
      {"(?i:é)", "beyond ASCII"},
      {"(a", "does not end"},
      {"a)", "closes nothing"},
      {"[a", "does not end"},
      {"[z-a]", "ends before"},
      {"*a", "nothing before"},
      {"a\\", "escapes nothing"},
      {"a{3,2}", "ends before"},
      {"\\x{110000}", "number is not one"},
      {"a{1000}{1000}", "unfolds to too much"},
      {"a{999999999}", "too long"},
  };
  for (const auto& [pattern, part] : kCases) {
    EXPECT_NE(message(pattern).find(part), std::string::npos)
        << pattern << ": " << message(pattern);
  }
  EXPECT_NE(message(std::string(100000, '(')).find("too deep"), std::string::npos);
  EXPECT_NE(message(std::string(100000, '[')).find("too deep"), std::string::npos);
}

// What takes other engines years.
TEST(RegularExpressionTest, TimeStaysWithinBounds) {
  const std::string text = std::string(20000, 'a') + "b";
  for (const char* pattern : {"(a+)+$", "(a|a)*c", "(a*)*c", "a*a*a*a*a*c", "(?:a?){50}c"}) {
    const auto expression = RegularExpression::Parse(pattern);
    ASSERT_TRUE(expression) << expression.error().message();
    const auto matches = expression->FindAll(text);
    ASSERT_TRUE(matches) << matches.error().message();
    EXPECT_TRUE(matches->empty()) << pattern;
  }
  // To the end from everywhere.
  for (const char* pattern : {"(?=(?:a|aa)*c)[ax]", "(?=a*+c)a", "a++c", "(?!a+)a"}) {
    const auto expression = RegularExpression::Parse(pattern);
    ASSERT_TRUE(expression) << expression.error().message();
    const auto matches = expression->FindAll(text);
    EXPECT_TRUE(matches ? matches->empty() : matches.error().code() == ErrorCode::kTooLarge)
        << pattern;
  }
}

TEST(RegularExpressionTest, AnyBytesAreText) {
  const auto expression = RegularExpression::Parse("(?<!\\p{L})\\s+(?!\\S)|\\p{L}+|\\S");
  ASSERT_TRUE(expression) << expression.error().message();
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>(i * 7 + i / 256);
  const auto matches = expression->FindAll(text);
  ASSERT_TRUE(matches);
  for (const auto& match : *matches) EXPECT_LT(match.begin, match.end);
}

}  // namespace
}  // namespace ingle
