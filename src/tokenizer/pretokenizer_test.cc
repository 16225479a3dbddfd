#include "tokenizer/pretokenizer.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace ingle {
namespace {

std::vector<std::string> Pieces(std::string_view name, std::string_view text) {
  const auto pre = PreTokenizer::Find(name);
  if (!pre) return {"no such pre-tokenizer"};
  std::vector<std::string> pieces;
  size_t begin = 0;
  for (const uint32_t end : (*pre)->Split(text)) {
    pieces.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
  EXPECT_EQ(begin, text.size());
  return pieces;
}

using Strings = std::vector<std::string>;

TEST(PreTokenizerTest, MatchesTheOriginalExpressionsOnGoldens) {
  // A larger set than the committed one: see make_pretokenizer_goldens.py.
  const char* given = std::getenv("INGLE_PRETOKENIZER_GOLDENS");
  const std::string path =
      given ? given : INGLE_SOURCE_DIR "/tests/goldens/tokenizer/pretokenizer.jsonl";
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  size_t lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    const auto row = nlohmann::json::parse(line);
    ASSERT_EQ(Pieces(row["pre"].get<std::string>(), row["text"].get<std::string>()),
              row["pieces"].get<Strings>())
        << line;
  }
  EXPECT_GT(lines, 100u);
}

TEST(PreTokenizerTest, KnowsEachNameOnce) {
  std::map<std::string_view, int> seen;
  for (const std::string_view name : PreTokenizer::Names()) {
    EXPECT_EQ(++seen[name], 1) << name;
    EXPECT_TRUE(PreTokenizer::Find(name));
  }
}

TEST(PreTokenizerTest, RefusesAnUnknownNameByName) {
  const auto pre = PreTokenizer::Find("qwen99");
  ASSERT_FALSE(pre);
  EXPECT_EQ(pre.error().code(), ErrorCode::kUnsupported);
  EXPECT_NE(pre.error().message().find("'qwen99'"), std::string::npos) << pre.error().message();
}

TEST(PreTokenizerTest, KeepsEveryByteOfInvalidUtf8) {
  const std::string text = "a\xFF\xC3 b\xE2\x82\x31\xF0\x9F\x98 \x80\x80";
  for (const std::string_view name : PreTokenizer::Names()) {
    std::string joined;
    for (const std::string& piece : Pieces(name, text)) joined += piece;
    EXPECT_EQ(joined, text) << name;
  }
  // An invalid byte stands where U+FFFD, a symbol, would stand.
  EXPECT_EQ(Pieces("gpt-2", "ab\xFF!c"), (Strings{"ab", "\xFF!", "c"}));
}

TEST(PreTokenizerTest, SplitsNothingIntoNothing) {
  for (const std::string_view name : PreTokenizer::Names()) EXPECT_TRUE(Pieces(name, "").empty());
}

// Long runs of one kind are where a rule that looks ahead could become quadratic: 2^32 steps here.
TEST(PreTokenizerTest, IsLinearInTheLengthOfTheText) {
  constexpr size_t kLength = 1 << 16;
  const std::string_view units[] = {"a",
                                    "A",
                                    " ",
                                    "\n",
                                    " \n",
                                    "1",
                                    "'",
                                    "!",
                                    "'s",
                                    "a ",
                                    "\xFF",
                                    "/",
                                    "\xC2\xA0",
                                    "\xCC\x81",
                                    "<sentinel:",
                                    "A1",
                                    "\xCC\x81\x41",
                                    "\xE3\x81\x82",
                                    "\xE3\x81\x82\x41",
                                    "\xD9\xA3\xC2\xBD"};
  std::map<const Splitter*, const PreTokenizer*> families;
  for (const std::string_view name : PreTokenizer::Names()) {
    const PreTokenizer* pre = *PreTokenizer::Find(name);
    families[pre->stages.data()] = pre;
  }
  for (const std::string_view unit : units) {
    std::string text;
    while (text.size() < kLength) text += unit;
    for (const auto& [stages, pre] : families) {
      const std::clock_t start = std::clock();
      EXPECT_EQ(pre->Split(text).back(), text.size());
      EXPECT_LT(std::clock() - start, 4 * CLOCKS_PER_SEC) << Quote(unit);
    }
  }
}

}  // namespace
}  // namespace ingle
