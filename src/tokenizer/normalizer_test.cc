#include "tokenizer/normalizer.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "base/utf8.h"

namespace ingle {
namespace {

using Steps = std::vector<NormalizerStep>;

constexpr NormalForm kNfc = {.compatibility = false, .compose = true};
constexpr NormalForm kNfd = {.compatibility = false, .compose = false};
constexpr NormalForm kNfkc = {.compatibility = true, .compose = true};
constexpr NormalForm kNfkd = {.compatibility = true, .compose = false};

ReplaceStep Regex(std::string pattern, std::string content) {
  return {.pattern = std::move(pattern), .is_regex = true, .content = std::move(content)};
}
ReplaceStep Literal(std::string pattern, std::string content) {
  return {.pattern = std::move(pattern), .is_regex = false, .content = std::move(content)};
}

// As in make_normalizer_goldens.py.
std::map<std::string, Steps> NamedSteps(const std::string& charsmap) {
  const PrecompiledStep precompiled = {charsmap};
  return {
      {"nfc", {kNfc}},
      {"nfd", {kNfd}},
      {"nfkc", {kNfkc}},
      {"nfkd", {kNfkd}},
      {"lowercase", {LowercaseStep()}},
      {"strip_accents", {kNfd, StripAccentsStep()}},
      {"bert", {BertStep()}},
      {"bert_cased", {BertStep{.lowercase = false}}},
      {"bert_accents", {BertStep{.clean_text = false, .strip_accents = true, .lowercase = false}}},
      {"bert_plain", {BertStep{.handle_chinese_chars = false, .strip_accents = false}}},
      {"replace", {Literal("``", "\"")}},
      {"replace_runs", {Regex(" {2,}", "\u2581")}},
      {"replace_space", {Regex("\\s+", " ")}},
      {"replace_set", {Regex(R"([!"\#\$%&'\(\)\*\+,\-\.:;=\?@\[\\\]\^_`\{\|\}~0-4é])", "")}},
      {"replace_not", {Regex(R"([^a-z\s]{2,3})", "<>")}},
      {"prepend", {PrependStep{"\u2581"}}},
      {"strip", {StripStep()}},
      {"strip_left", {StripStep{.right = false}}},
      {"strip_right", {StripStep{.left = false}}},
      {"nmt", {NmtStep()}},
      {"byte_level", {ByteLevelStep()}},
      {"precompiled", {precompiled}},
      {"clip", {kNfc, Regex("\\s+", " "), LowercaseStep()}},
      {"xlnet",
       {Literal("``", "\""), Literal("''", "\""), kNfkd, StripAccentsStep(), LowercaseStep(),
        precompiled, Regex(" {2,}", " ")}},
  };
}

Normalizer Make(const Steps& steps) {
  auto normalizer = Normalizer::Create(steps);
  EXPECT_TRUE(normalizer) << normalizer.error().message();
  return normalizer ? *std::move(normalizer) : Normalizer();
}

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

std::ifstream OpenGoldens() {
  // A larger set than the committed one: see make_normalizer_goldens.py.
  const char* given = std::getenv("INGLE_NORMALIZER_GOLDENS");
  return std::ifstream(given ? given
                             : INGLE_SOURCE_DIR "/tests/goldens/tokenizer/normalizer.jsonl");
}

std::string ReadCharsmap(std::ifstream& goldens) {
  std::string line;
  std::getline(goldens, line);
  return FromHex(nlohmann::json::parse(line)["charsmap"].get<std::string>());
}

TEST(NormalizerTest, DoesWhatTheGoldensSay) {
  std::ifstream file = OpenGoldens();
  ASSERT_TRUE(file);
  std::map<std::string, Normalizer> normalizers;
  for (const auto& [name, steps] : NamedSteps(ReadCharsmap(file))) normalizers[name] = Make(steps);
  size_t lines = 0;
  std::string line;
  for (; std::getline(file, line); ++lines) {
    const auto row = nlohmann::json::parse(line);
    const auto name = row["normalizer"].get<std::string>();
    ASSERT_TRUE(normalizers.count(name)) << name;
    ASSERT_EQ(normalizers[name].Normalize(row["text"].get<std::string>()),
              row["normalized"].get<std::string>())
        << line;
  }
  EXPECT_GT(lines, 100u);
}

TEST(NormalizerTest, WithoutStepsChangesNothing) {
  EXPECT_TRUE(Normalizer().changes_nothing());
  EXPECT_EQ(Normalizer().Normalize("a\xFF É"), "a\xFF É");
}

TEST(NormalizerTest, KeepsWhatIsNotUtf8) {
  const std::string text = "\xC3 a\xFF\xE2\x82\x31\xCC\x81 \xF0\x9F\x98";
  for (const NormalForm form : {kNfc, kNfd, kNfkc, kNfkd}) {
    EXPECT_EQ(Make({form}).Normalize(text), text);
  }
  EXPECT_EQ(Make({LowercaseStep(), StripStep()}).Normalize(" A\xFF "), "a\xFF");
  // Nothing combines across it.
  EXPECT_EQ(Make({kNfc}).Normalize("e\xFF\u0301"), "e\xFF\u0301");
  // Where it would count as U+FFFD.
  EXPECT_EQ(Make({BertStep()}).Normalize("A\xFF\xE2\x82 b"), "a b");
  EXPECT_EQ(Make({NmtStep()}).Normalize("a\xFF\xE2\x82 b"), "a   b");
  EXPECT_EQ(Make({ByteLevelStep()}).Normalize("\xFF"), "\u00FF");
}

TEST(NormalizerTest, RefusesExpressionsThatItDoesNotTake) {
  for (const char* pattern :
       {"a|b",     "a*",  "^a",     "(a)", "a+b",   "[a",     "[[:alpha:]]", "a{0,}",  "a{2",
        "a{3,2}",  ".",   "\\p{L}", "\\",  "[z-a]", "[a&&b]", "a++",         "\\s\\d", "[]",
        "[\\s-a]", "ab+", "\xFF",   "{2}", "+"}) {
    const Steps steps = {Regex(pattern, "")};
    const auto normalizer = Normalizer::Create(steps);
    ASSERT_FALSE(normalizer) << pattern;
    EXPECT_EQ(normalizer.error().code(), ErrorCode::kUnsupported);
    EXPECT_NE(normalizer.error().message().find(Quote(pattern)), std::string::npos);
  }
  const Steps empty = {Literal("", "a")};
  EXPECT_FALSE(Normalizer::Create(empty));
}

TEST(NormalizerTest, TakesPlainTextAsAnExpression) {
  EXPECT_EQ(Make({Regex("a\\.b", "-")}).Normalize("a.b axb"), "- axb");
  EXPECT_EQ(Make({Regex("\\n\\n", "-")}).Normalize("\n\n\n"), "-\n");
  EXPECT_EQ(Make({Regex("é{2}", "-")}).Normalize("ééééé"), "--é");
  EXPECT_EQ(Make({Regex("[ab]{3,4}", "-")}).Normalize("ababa bab ab"), "-a - ab");
}

// A charsmap of the units, and the texts after them.
PrecompiledStep MakeCharsmap(std::vector<uint32_t> units, const std::string& texts) {
  const auto size = static_cast<uint32_t>(4 * units.size());
  units.insert(units.begin(), size);
  std::string bytes;
  for (const uint32_t unit : units) {
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(unit >> shift);
  }
  return {bytes + texts};
}

TEST(NormalizerTest, RefusesACharsmapThatDoesNotLieWithinItsBytes) {
  for (const std::string& bytes :
       {std::string(), std::string("\0\0\0", 3), std::string("\0\0\0\0", 4),
        std::string("\3\0\0\0abc", 7), std::string("\x08\0\0\0abcd", 8),
        std::string("\xFC\xFF\xFF\xFF\0\0\0\0", 8)}) {
    const Steps steps = {PrecompiledStep{bytes}};
    const auto normalizer = Normalizer::Create(steps);
    ASSERT_FALSE(normalizer);
    EXPECT_EQ(normalizer.error().code(), ErrorCode::kCorrupt);
  }
}

TEST(NormalizerTest, WalksACharsmapNoFurtherThanItGoes) {
  const std::string text = "abc\xFF é\u0301";
  constexpr uint32_t kEndsKey = 1 << 8;
  const std::vector<uint32_t> tries[] = {
      {0},
      {0xFFFFFFFF},
      std::vector<uint32_t>(256, 0xFFFFFFFF),
  };
  for (const auto& units : tries) {
    EXPECT_EQ(Make({MakeCharsmap(units, "x")}).Normalize(text), text);
  }
  // 'a' at unit 97 has its value in unit 96: within the texts, at their end, and beyond.
  std::vector<uint32_t> units(256, 0);
  units['a'] = 'a' | kEndsKey | 1 << 10;
  units['a' ^ 1] = 1;
  EXPECT_EQ(Make({MakeCharsmap(units, "xyz")}).Normalize("aba"), "yzbyz");
  units['a' ^ 1] = 3;
  EXPECT_EQ(Make({MakeCharsmap(units, "xyz")}).Normalize("aba"), "b");
  units['a' ^ 1] = 4;
  EXPECT_EQ(Make({MakeCharsmap(units, "xyz")}).Normalize("aba"), "aba");
}

TEST(NormalizerTest, IsNearLinearInTheLengthOfTheText) {
  const std::string units[] = {"a", " ", "é", "\u0301", "e\u0301", "\uFDFA", "가", "\xFF", "漢"};
  std::ifstream goldens = OpenGoldens();
  const auto named = NamedSteps(ReadCharsmap(goldens));
  for (const std::string& unit : units) {
    std::string text;
    while (text.size() < (1u << 17)) text += unit;
    for (const auto& [name, steps] : named) {
      const Normalizer normalizer = Make(steps);
      const std::clock_t start = std::clock();
      (void)normalizer.Normalize(text);
      EXPECT_LT(std::clock() - start, 10 * CLOCKS_PER_SEC) << name << " " << unit;
    }
  }
}

}  // namespace
}  // namespace ingle
