#include "random_model.h"

#include <cmath>
#include <filesystem>
#include <numeric>

#include <gtest/gtest.h>

#include "base/byte_source.h"
#include "engine/engine.h"

namespace ingle {
namespace {

constexpr StandardShape kSmall = {.name = "small",
                                  .architecture = "llama",
                                  .layers = 2,
                                  .width = 320,  // of K-quants, no whole number of super-blocks
                                  .feed_forward = 512,
                                  .heads = 5,
                                  .kv_heads = 1,
                                  .head_size = 64,
                                  .vocabulary = 1000,
                                  .context = 64,
                                  .rope_base = 10'000,
                                  .epsilon = 1e-5f,
                                  .tied = true};

StandardShape SmallQwen() {
  StandardShape shape = kSmall;
  shape.architecture = "qwen2";
  shape.tied = false;
  return shape;
}

StandardShape SmallGranite() {
  StandardShape shape = kSmall;
  shape.architecture = "granitemoe";
  shape.experts = 4;
  shape.experts_used = 2;
  shape.scales = FindStandardShape("Granite-3.1-1B-A400M")->scales;
  return shape;
}

class RandomModel : public testing::Test {
 protected:
  std::string Write(const StandardShape& shape, std::string_view type, const char* name = "model") {
    const std::string path = (folder_ / Cat(name, ".gguf")).string();
    const Status written = WriteRandomModel(shape, *FindQuantizationMix(type), path);
    EXPECT_TRUE(written) << written.error().message();
    return path;
  }

  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() /
      Cat("ingle-", testing::UnitTest::GetInstance()->current_test_info()->name());
};

void ExpectSpread(std::span<const float> logits) {
  const double mean = std::accumulate(logits.begin(), logits.end(), 0.0) / double(logits.size());
  double variance = 0;
  for (const float x : logits) variance += (x - mean) * (x - mean) / double(logits.size());
  EXPECT_GT(variance, 1e-4);
  EXPECT_LT(variance, 100);  // false for what is not a number, too
}

TEST_F(RandomModel, RunsInEveryType) {
  for (const QuantizationMix& mix : QuantizationMixes()) {
    SCOPED_TRACE(mix.name);
    const auto engine = Engine::Load(Write(kSmall, mix.name), {.threads = 1});
    ASSERT_TRUE(engine) << engine.error().message();
    const auto session = (*engine)->NewSession();
    const TokenId tokens[] = {1, 500, 999};
    const auto logits = (*engine)->Prefill(*session, tokens);
    ASSERT_TRUE(logits) << logits.error().message();
    ExpectSpread(*logits);
  }
}

TEST_F(RandomModel, HasTheBiasesOfQwen) {
  const auto engine = Engine::Load(Write(SmallQwen(), "Q4_K_M"), {.threads = 1});
  ASSERT_TRUE(engine) << engine.error().message();
  EXPECT_EQ((*engine)->model_info().architecture, "qwen2");
}

TEST_F(RandomModel, HasTheExpertsOfGranite) {
  const auto engine = Engine::Load(Write(SmallGranite(), "Q4_K_M"), {.threads = 1});
  ASSERT_TRUE(engine) << engine.error().message();
  EXPECT_EQ((*engine)->model_info().architecture, "granitemoe");
  const auto session = (*engine)->NewSession();
  const TokenId tokens[] = {1, 500, 999};
  const auto logits = (*engine)->Prefill(*session, tokens);
  ASSERT_TRUE(logits) << logits.error().message();
  ExpectSpread(*logits);
}

TEST_F(RandomModel, HasAVocabularyThatSpellsEverything) {
  StandardShape large = kSmall;
  large.vocabulary = 256 + 65536 + 2;  // the last token is a triple
  const auto engine = Engine::Load(Write(large, "Q8_0"), {.threads = 1});
  ASSERT_TRUE(engine) << engine.error().message();
  const Tokenizer& tokenizer = (*engine)->tokenizer();
  EXPECT_EQ(tokenizer.size(), large.vocabulary);
  const std::string text = "The pool, and \xF0\x9F\x90\x9F\n";
  const auto tokens = tokenizer.Encode(text);
  ASSERT_TRUE(tokens) << tokens.error().message();
  EXPECT_LT(tokens->size(), text.size());
  EXPECT_EQ(tokenizer.Decode(*tokens).value_or(""), text);
}

TEST_F(RandomModel, IsTheSameTwice) {
  const auto first = OpenFile(Write(kSmall, "Q4_K_M", "first"));
  const auto second = OpenFile(Write(kSmall, "Q4_K_M", "second"));
  ASSERT_TRUE(first && second);
  const auto a = (*first)->View(0, (*first)->size()), b = (*second)->View(0, (*second)->size());
  ASSERT_TRUE(a && b);
  EXPECT_TRUE(std::ranges::equal(*a, *b));
}

TEST(StandardShapes, AreFoundByName) {
  ASSERT_NE(FindStandardShape("tinyllama-1.1b"), nullptr);
  EXPECT_EQ(FindStandardShape("tinyllama-1.1b")->layers, 22u);
  EXPECT_EQ(FindStandardShape("tinyllama"), nullptr);
}

}  // namespace
}  // namespace ingle
