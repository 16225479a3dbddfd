#include "random_model.h"

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "base/byte_source.h"
#include "engine/engine.h"
#include "model_layout.h"

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

// A model of few layers in a shape whose layers differ, and much narrower.
StandardShape Smaller(const char* name, std::string_view mixers) {
  StandardShape shape = *FindStandardShape(name);
  shape.layers = static_cast<uint32_t>(mixers.size());
  shape.mixers = mixers;
  shape.width /= 4;
  shape.feed_forward /= 8;
  shape.heads /= 4;
  shape.kv_heads = std::max(1u, shape.kv_heads / 4);
  shape.recurrent.heads /= 4;
  shape.recurrent.groups = std::max(1u, shape.recurrent.groups / 4);
  shape.vocabulary = 1000;
  return shape;
}

void ExpectSpread(std::span<const float> logits) {
  const double mean = std::accumulate(logits.begin(), logits.end(), 0.0) / double(logits.size());
  double variance = 0;
  for (const float x : logits) variance += (x - mean) * (x - mean) / double(logits.size());
  EXPECT_GT(variance, 1e-4);
  EXPECT_LT(variance, 100);  // false for what is not a number, too
}

class RandomModel : public testing::Test {
 protected:
  std::string Write(const StandardShape& shape, std::string_view type, const char* name = "model") {
    const std::string path = (folder_ / Cat(name, ".gguf")).string();
    const Status written = WriteRandomModel(shape, *FindQuantizationMix(type), path);
    EXPECT_TRUE(written) << written.error().message();
    return path;
  }

  // A state that grows or fades shows in the logits only after a while.
  void ExpectRuns(const StandardShape& shape, std::string_view type) {
    const auto engine = Engine::Load(Write(shape, type), {.threads = 1});
    ASSERT_TRUE(engine) << engine.error().message();
    EXPECT_EQ((*engine)->model_info().architecture, shape.architecture);
    const auto session = (*engine)->NewSession();
    std::vector<TokenId> tokens(40);
    for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<TokenId>(i * 397 % 1000);
    const auto logits = (*engine)->Prefill(*session, tokens);
    ASSERT_TRUE(logits) << logits.error().message();
    ExpectSpread(*logits);
  }

  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() /
      Cat("ingle-", testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(RandomModel, RunsInEveryType) {
  for (const QuantizationMix& mix : QuantizationMixes()) {
    SCOPED_TRACE(mix.name);
    ExpectRuns(kSmall, mix.name);
  }
}

TEST_F(RandomModel, HasTheBiasesOfQwen) { ExpectRuns(SmallQwen(), "Q4_K_M"); }

TEST_F(RandomModel, HasTheExpertsOfGranite) { ExpectRuns(SmallGranite(), "Q4_K_M"); }

TEST_F(RandomModel, HasTheLayersOfHybrids) {
  for (const StandardShape& shape :
       {Smaller("Granite-4.0-H-350M", "mma"), Smaller("LFM2-350M", "cca"),
        Smaller("Qwen3.5-0.8B", "ddda")}) {
    SCOPED_TRACE(shape.name);
    ExpectRuns(shape, "Q4_K_M");
  }
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

// Of Qwen those that are left without what reads pictures.
TEST(StandardShapes, OfHybridsHaveAsManyParametersAsTheModels) {
  const auto millions = [](const char* name) {
    uint64_t count = 0;
    for (const NamedTensor& tensor : TensorsOf(*FindStandardShape(name))) {
      count += tensor.shape.elements();
    }
    return count / 1'000'000;
  };
  EXPECT_EQ(millions("Granite-4.0-H-350M"), 340u);
  EXPECT_EQ(millions("LFM2-350M"), 354u);
  EXPECT_EQ(millions("Qwen3.5-0.8B"), 752u);
}

}  // namespace
}  // namespace ingle
