#include "engine/label_spans.h"

#include <gtest/gtest.h>

#include "engine/tiny_model_testing.h"

namespace ingle {
namespace {

using Tagged = std::vector<std::optional<TokenLabel>>;

const Labels kLabels{{"O", "B-PER", "I-PER", "B-LOC", "I-LOC"}};

std::string Spelled(const std::vector<LabelSpan>& spans) {
  std::string text;
  for (const LabelSpan& span : spans) text += Cat(span.label, " ", span.begin, "-", span.end, "; ");
  return text;
}

TEST(GroupLabels, TokensOfOneNameAreOne) {
  const auto none = std::optional<TokenLabel>();
  const Tagged tagged = {none,     {{1, 0.5f}}, {{2, 1.0f}}, {{0, 1}}, {{4, 1}},    {{4, 1}},
                         {{3, 1}}, none,        {{4, 1}},    {{1, 1}}, {{1, 0.9f}}, {{2, 0.7f}}};
  const auto spans = GroupLabels(kLabels, tagged);
  EXPECT_EQ(Spelled(spans), "PER 1-3; LOC 4-6; LOC 6-7; LOC 8-9; PER 9-10; PER 10-12; ");
  EXPECT_FLOAT_EQ(spans[0].probability, 0.75f);
  EXPECT_TRUE(GroupLabels(kLabels, {}).empty());
}

TEST(GroupLabels, LabelsWithoutMarksJoinToo) {
  const Labels plain{{"O", "verb", "noun"}};
  const Tagged tagged = {{{1, 1}}, {{1, 1}}, {{2, 1}}};
  EXPECT_EQ(Spelled(GroupLabels(plain, tagged)), "verb 0-2; noun 2-3; ");
}

TEST(FindTokens, TokensLieInTheirOrder) {
  const auto engine = LoadTinyModel();
  const Tokenizer& tokenizer = engine->tokenizer();
  const std::string text = "  the hen\nand the dog";
  const auto tokens = tokenizer.Encode(text, {.add_special = true});
  ASSERT_TRUE(tokens);
  const auto places = FindTokens(tokenizer, *tokens, text);
  size_t end = 0;
  std::string spelled;
  for (size_t i = 0; i < places.size(); ++i) {
    if (!places[i]) continue;  // a control token, or a space alone
    EXPECT_LE(end, places[i]->begin);
    end = places[i]->end;
    spelled += text.substr(places[i]->begin, end - places[i]->begin);
  }
  EXPECT_EQ(spelled, "thehenandthedog");
}

TEST(FindTokens, AnotherTextHasNoPlaces) {
  const auto engine = LoadTinyModel();
  const auto tokens = engine->tokenizer().Encode("hen", {.add_special = false});
  ASSERT_TRUE(tokens);
  EXPECT_FALSE(FindTokens(engine->tokenizer(), *tokens, "dog").back());
  EXPECT_FALSE(FindTokens(engine->tokenizer(), *tokens, "").back());
  EXPECT_TRUE(FindTokens(engine->tokenizer(), *tokens, "HEN").back());
}

}  // namespace
}  // namespace ingle
