// WordPiece and unigram.

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "tokenizer/small_vocabularies.h"
#include "tokenizer/tokenizer.h"

namespace ingle {
namespace {

using Ids = std::vector<TokenId>;
using Texts = std::vector<std::string>;

const EncodeOptions kPlain = {.add_special = false};
const EncodeOptions kParse = {.add_special = false, .parse_special = true};

std::unique_ptr<Tokenizer> Make(const TokenizerSpec& spec) {
  auto tokenizer = Tokenizer::Create(spec);
  EXPECT_TRUE(tokenizer) << tokenizer.error().message();
  return tokenizer ? *std::move(tokenizer) : nullptr;
}

// The spellings of the tokens of text.
Texts Spell(const Tokenizer& tokenizer, std::string_view text) {
  Texts spelled;
  const auto ids = tokenizer.Encode(text, kPlain);
  EXPECT_TRUE(ids);
  for (const TokenId id : *ids) spelled.emplace_back(tokenizer.TokenText(id));
  return spelled;
}

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

// As make_subword_goldens.py describes it.
std::unique_ptr<Tokenizer> FromDescription(const nlohmann::json& row) {
  const auto tokens = row["tokens"].get<Texts>();
  TokenizerSpec spec;
  spec.model = row["model"].get<std::string>();
  spec.tokens.assign(tokens.begin(), tokens.end());
  for (const std::string& token : tokens) {
    const bool special =
        token == "[UNK]" || token == "[SEP]" || token == "<unk>" || token == "</s>";
    spec.kinds.push_back(special ? TokenKind::kControl : TokenKind::kNormal);
  }
  spec.unknown = row["unknown"].get<TokenId>();
  if (spec.model == "bert") {
    spec.normalizer = {BertStep{.lowercase = row["lowercase"].get<bool>()}};
    spec.longest_word = row["longest_word"].get<size_t>();
  } else {
    spec.scores = row["scores"].get<std::vector<double>>();
    spec.byte_fallback = row["byte_fallback"].get<bool>();
    spec.normalizer = {PrecompiledStep{FromHex(row["charsmap"].get<std::string>())},
                       StripStep{.left = false},
                       ReplaceStep{.pattern = " {2,}", .is_regex = true, .content = "▁"}};
  }
  return Make(spec);
}

TEST(SubwordTest, GivesTheIdsThatTheGoldensSay) {
  // A larger set than the committed one: see make_subword_goldens.py.
  const char* given = std::getenv("INGLE_SUBWORD_GOLDENS");
  const std::string path =
      given ? given : INGLE_SOURCE_DIR "/tests/goldens/tokenizer/subword.jsonl";
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  std::unique_ptr<Tokenizer> tokenizer;
  size_t lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    const auto row = nlohmann::json::parse(line);
    if (row.contains("model")) {
      tokenizer = FromDescription(row);
      ASSERT_TRUE(tokenizer);
      continue;
    }
    const auto ids = tokenizer->Encode(row["text"].get<std::string>(), kParse);
    ASSERT_TRUE(ids);
    ASSERT_EQ(*ids, row["ids"].get<Ids>()) << line;
  }
  EXPECT_GT(lines, 30u);
}

SmallVocabulary SmallWordPiece() {
  SmallVocabulary v;
  v.spec.model = "bert";
  v.spec.unknown = v.Add("[UNK]", TokenKind::kControl);
  v.spec.bos = v.Add("[CLS]", TokenKind::kControl);
  v.spec.eos = v.Add("[SEP]", TokenKind::kControl);
  for (const char* token :
       {"un", "##aff", "##able", "affable", ",", "a", "##a", "é", "漢", "[", "]"}) {
    v.Add(token);
  }
  v.spec.scores.clear();
  v.spec.add_eos = true;
  return v;
}

TEST(WordPieceTest, TakesTheLongestFromTheLeftOrNothing) {
  const auto t = Make(SmallWordPiece().spec);
  EXPECT_EQ(Spell(*t, "unaffable affable,a"),
            (Texts{"un", "##aff", "##able", "affable", ",", "a"}));
  EXPECT_EQ(Spell(*t, "unb aé é"), (Texts{"[UNK]", "[UNK]", "é"}));
  EXPECT_EQ(Spell(*t, " \t\u3000"), Texts{});
  EXPECT_EQ(t->Encode("a")->size(), 3u);
}

TEST(WordPieceTest, TakesNoWordsThatAreTooLong) {
  SmallVocabulary v = SmallWordPiece();
  v.spec.longest_word = 3;
  v.Add("##é");
  v.spec.scores.clear();
  const auto t = Make(v.spec);
  EXPECT_EQ(Spell(*t, "éé ééé éééé aaa aaaa").size(), 2u + 3 + 1 + 3 + 1);
}

TEST(WordPieceTest, ReadsPrefixesAsGgufHasThem) {
  SmallVocabulary v;
  v.spec.model = "bert";
  v.spec.word_prefix = "▁";
  v.spec.continuing_prefix = "";
  v.spec.unknown = v.Add("[UNK]", TokenKind::kControl);
  for (const char* token : {"▁un", "able", "▁able", "▁", "▁▁x"}) v.Add(token);
  v.spec.scores.clear();
  const auto t = Make(v.spec);
  EXPECT_EQ(Spell(*t, "unable able ableun"), (Texts{"▁un", "able", "▁able", "[UNK]"}));
  EXPECT_EQ(Spell(*t, "un▁able ▁x"), (Texts{"[UNK]", "▁▁x"}));
  EXPECT_EQ(*t->Decode(*t->Encode("unable able", kPlain)), "unable able");
}

TEST(WordPieceTest, GivesWordsBackWithSpacesBetween) {
  const auto t = Make(SmallWordPiece().spec);
  EXPECT_EQ(*t->Decode(*t->Encode("unaffable  a,a")), "unaffable a , a");
}

TEST(WordPieceTest, NeverMakesControlTokensOfText) {
  const auto t = Make(SmallWordPiece().spec);
  EXPECT_EQ(Spell(*t, "[SEP]"), (Texts{"[", "[UNK]", "]"}));
  EXPECT_EQ(*t->Encode("[SEP]", kParse), (Ids{2}));
  SmallVocabulary v = SmallWordPiece();
  v.spec.kinds[8] = TokenKind::kControl;  // "a"
  EXPECT_EQ(Spell(*Make(v.spec), "a"), (Texts{"[UNK]"}));
  v.spec.unknown.reset();
  EXPECT_EQ(Spell(*Make(v.spec), "a"), Texts{});
}

SmallVocabulary SmallUnigram() {
  SmallVocabulary v;
  v.spec.model = "t5";
  v.spec.unknown = v.Add("<unk>", TokenKind::kUnknown);
  v.spec.eos = v.Add("</s>", TokenKind::kControl);
  v.Add("▁", TokenKind::kNormal, -2);
  v.Add("a", TokenKind::kNormal, -3);
  v.Add("b", TokenKind::kNormal, -3);
  v.Add("ab", TokenKind::kNormal, -6);
  v.Add("▁ab", TokenKind::kNormal, -4);
  v.Add("▁ba", TokenKind::kNormal, -9);
  v.Add("aab", TokenKind::kNormal, -4);
  return v;
}

TEST(UnigramTest, TakesTheLikeliestTokens) {
  const auto t = Make(SmallUnigram().spec);
  EXPECT_EQ(Spell(*t, "ab ba"), (Texts{"▁ab", "▁", "b", "a"}));
  EXPECT_EQ(Spell(*t, "aab"), (Texts{"▁", "aab"}));
  EXPECT_EQ(Spell(*t, "ab ab ab"), (Texts{"▁ab", "▁ab", "▁ab"}));
  EXPECT_EQ(Spell(*t, ""), Texts{});
  // "ab" and "a", "b" are as likely: what begins further left stays.
  EXPECT_EQ(Spell(*t, "bab"), (Texts{"▁", "b", "ab"}));
}

TEST(UnigramTest, TakesARunOfUnknownCharactersForOne) {
  SmallVocabulary v = SmallUnigram();
  EXPECT_EQ(Spell(*Make(v.spec), "xßa \xFF"), (Texts{"▁", "<unk>", "a", "▁", "<unk>"}));
  v.spec.unknown.reset();
  v.spec.kinds[0] = TokenKind::kControl;
  EXPECT_EQ(Spell(*Make(v.spec), "xßa"), (Texts{"▁", "a"}));
}

TEST(UnigramTest, FallsBackToBytes) {
  SmallVocabulary v = SmallUnigram();
  v.Add("<0xC3>", TokenKind::kByte, -20);
  v.Add("<0x9F>", TokenKind::kByte, -20);
  EXPECT_EQ(Spell(*Make(v.spec), "aß\xC3 x"),
            (Texts{"▁", "a", "<0xC3>", "<0x9F>", "<0xC3>", "▁", "<unk>"}));
  v.spec.byte_fallback = false;
  EXPECT_EQ(Spell(*Make(v.spec), "aß"), (Texts{"▁", "a", "<unk>"}));
}

TEST(UnigramTest, NeverMakesControlTokensOfText) {
  EXPECT_EQ(Spell(*Make(SmallUnigram().spec), "</s><unk>"), (Texts{"▁", "<unk>"}));
}

TEST(UnigramTest, RefusesScoresThatAreNone) {
  SmallVocabulary v = SmallUnigram();
  v.spec.scores[3] = std::numeric_limits<double>::quiet_NaN();
  auto tokenizer = Tokenizer::Create(v.spec);
  ASSERT_FALSE(tokenizer);
  EXPECT_NE(tokenizer.error().message().find("tokenizer.ggml.scores[3]"), std::string::npos);
  v.spec.scores.clear();
  EXPECT_FALSE(Tokenizer::Create(v.spec));
  // Infinite ones do no harm.
  v = SmallUnigram();
  v.spec.scores[3] = -std::numeric_limits<double>::infinity();
  v.spec.scores[4] = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(Spell(*Make(v.spec), "aabbabxa").empty());
}

// A megabyte without a space is one word: anything quadratic would take many minutes. The
// bound leaves room for sanitizers on a slow machine.
TEST(SubwordTest, IsNearLinearInTheLengthOfTheText) {
  SmallVocabulary unigram = SmallUnigram();
  unigram.Add(std::string(1000, 'a'), TokenKind::kNormal, -1);
  SmallVocabulary word_piece = SmallWordPiece();
  word_piece.Add("##" + std::string(1000, 'a'));
  word_piece.spec.longest_word = SIZE_MAX;
  word_piece.spec.scores.clear();
  for (const auto* spec : {&unigram.spec, &word_piece.spec}) {
    const auto t = Make(*spec);
    for (const std::string unit : {"a", "ab", " ", "é", "\xFF", ",", "x"}) {
      std::string text;
      while (text.size() < (1u << 17)) text += unit;
      const std::clock_t start = std::clock();
      EXPECT_TRUE(t->Encode(text, kPlain));
      EXPECT_LT(std::clock() - start, 40 * CLOCKS_PER_SEC) << Quote(unit);
    }
  }
}

}  // namespace
}  // namespace ingle
