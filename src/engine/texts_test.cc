#include "engine/texts.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "engine/classify.h"
#include "engine/embed.h"
#include "engine/generate.h"
#include "engine/tiny_model_testing.h"

namespace ingle {
namespace {

using Tokens = std::vector<TokenId>;

constexpr char kBert[] = INGLE_SOURCE_DIR "/tests/conformance/checkpoints/bert_plain";
constexpr char kBertTokens[] = INGLE_SOURCE_DIR "/tests/conformance/checkpoints/bert_tokens";

std::unique_ptr<Engine> Load(const char* model, EngineOptions options = {}) {
  options.threads = 1;
  auto engine = Engine::Load(model, options);
  if (engine) return *std::move(engine);
  ADD_FAILURE() << engine.error().message();
  return nullptr;
}

Tokens Text(size_t count, TokenId first) {
  Tokens tokens(count);
  for (size_t i = 0; i < count; ++i) tokens[i] = (first + static_cast<TokenId>(7 * i)) % 90 + 3;
  return tokens;
}

// Of a model that generates: in pieces as in one step, beside others as alone.
TEST(Embed, StepsDoNotMatter) {
  const std::vector<Tokens> texts = {Text(3, 1), Text(40, 2), Text(1, 3), Text(17, 4)};
  const auto whole = LoadTinyModel();
  const auto pieces = LoadTinyModel({.batch_tokens = 16});
  for (const Pooling pooling : {Pooling::kMean, Pooling::kCls, Pooling::kLast}) {
    std::vector<float> alone;
    for (const Tokens& text : texts) {
      const auto vector = Embed(*whole, {&text, 1}, {.pooling = pooling});
      ASSERT_TRUE(vector) << vector.error().message();
      EXPECT_NEAR(std::inner_product(vector->begin(), vector->end(), vector->begin(), 0.0), 1,
                  1e-6);
      alone.insert(alone.end(), vector->begin(), vector->end());
    }
    EXPECT_EQ(Embed(*whole, texts, {.pooling = pooling}).value(), alone) << Name(pooling);
    EXPECT_EQ(Embed(*pieces, texts, {.pooling = pooling}).value(), alone) << Name(pooling);
  }
}

// States and logits come of the same session, in any order.
TEST(Embed, StatesLeaveTheSessionAsStepsDo) {
  const auto engine = LoadTinyModel();
  const Tokens text = Text(20, 5);
  const auto plain = engine->NewSession();
  const auto logits = engine->Prefill(*plain, text);
  ASSERT_TRUE(logits);
  const std::vector<float> want(logits->begin(), logits->end());

  const auto mixed = engine->NewSession();
  const StepItem first{mixed.get(), std::span(text).first(12), StepItem::Logits::kLast};
  const auto states = engine->States({&first, 1});
  ASSERT_TRUE(states) << states.error().message();
  EXPECT_EQ(states->size(), engine->model_info().width);
  const auto got = engine->Prefill(*mixed, std::span(text).subspan(12));
  ASSERT_TRUE(got);
  EXPECT_EQ(std::vector<float>(got->begin(), got->end()), want);
}

TEST(Embed, TextsThatCannotBeAreNamed) {
  const auto engine = Load(kBert, {.context = 8});
  const std::vector<Tokens> texts = {Text(8, 1), Text(9, 1)};
  const auto longer = Embed(*engine, texts, {});
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().code(), ErrorCode::kTooLarge);
  EXPECT_EQ(longer.error().message(), "text 2 has 9 tokens, which do not fit the context of 8");
  const Tokens none;
  EXPECT_EQ(Embed(*engine, {&none, 1}, {}).error().message(), "the text has no tokens");
  const Tokens outside = {5, 97};
  EXPECT_FALSE(Embed(*engine, {&outside, 1}, {}));
  EXPECT_TRUE(Embed(*engine, {texts.data(), 1}, {}));
}

TEST(Embed, ManyTextsTakeSeveralSteps) {
  const auto engine = Load(kBert, {.batch_tokens = 80});
  std::vector<Tokens> texts;
  for (TokenId i = 0; i < 20; ++i) texts.push_back(Text(1 + static_cast<size_t>(i * 5) % 60, i));
  const auto together = Embed(*engine, texts, {});
  ASSERT_TRUE(together) << together.error().message();
  std::vector<float> alone;
  for (const Tokens& text : texts) {
    const auto vector = Embed(*engine, {&text, 1}, {});
    ASSERT_TRUE(vector);
    alone.insert(alone.end(), vector->begin(), vector->end());
  }
  EXPECT_EQ(*together, alone);
}

TEST(Encoder, DoesNotGenerate) {
  const auto engine = Load(kBert);
  const auto session = engine->NewSession();
  const auto answer = Generate(*engine, *session, Text(3, 1), {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::kUnsupported);
}

// One layer's keys and values are all that an encoder remembers, and that for a text alone.
TEST(Encoder, LayersShareACache) {
  const auto engine = Load(kBert);
  const uint64_t one_layer = 2 * 30 * sizeof(float);
  EXPECT_LT(engine->info().cache_bytes_per_token, one_layer + 16);
}

TEST(Classify, NeedsLabels) {
  const Tokens text = Text(3, 1);
  const auto bert = Load(kBert);
  EXPECT_EQ(Classify(*bert, {&text, 1}).error().code(), ErrorCode::kUnsupported);
  const auto tagger = Load(kBertTokens);
  const std::vector<Tokens> texts = {Text(3, 1), Text(5, 2)};
  const auto rows = Classify(*tagger, texts);
  ASSERT_TRUE(rows) << rows.error().message();
  EXPECT_EQ(rows->at(0).size(), 3 * 5u);
  EXPECT_EQ(rows->at(1).size(), 5 * 5u);
  EXPECT_EQ(tagger->model_info().labels.names[3], "LABEL_3");
}

TEST(EncodeText, LeavesOutTheEndOfALongText) {
  const auto engine = LoadTinyModel();
  const Tokenizer& tokenizer = engine->tokenizer();
  const auto whole = EncodeText(tokenizer, "the hen and the dog", 100);
  ASSERT_TRUE(whole) << whole.error().message();
  EXPECT_EQ(whole->left_out, 0u);
  EXPECT_EQ(whole->tokens, tokenizer.Encode("the hen and the dog", {true, true}).value());
  const size_t longest = whole->tokens.size() - 2;
  const auto cut = EncodeText(tokenizer, "the hen and the dog", longest);
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->left_out, 2u);
  EXPECT_EQ(cut->tokens.size(), longest);
  EXPECT_EQ(cut->tokens.front(), whole->tokens.front());
  // What the tokenizer puts behind a text stays.
  if (tokenizer.adds_eos()) {
    EXPECT_EQ(cut->tokens.back(), *tokenizer.eos());
  }
}

}  // namespace
}  // namespace ingle
