// What a test must read at least, by which its figure is judged.
#include <string>

#include <gtest/gtest.h>

#include "bench/measure.h"
#include "bench/model_work.h"

namespace ingle {
namespace {

// Two of eight experts a token, beside weights that all tokens share.
ModelWork Mixture() {
  ModelWork work;
  work.step_bytes = 100;
  work.experts = {{10, 2, 8}, {1, 2, 8}};
  return work;
}

TEST(ModelWork, ReadsTheExpertsThatTokensMayWant) {
  const ModelWork work = Mixture();
  EXPECT_EQ(work.StepBytes(1), 122);
  EXPECT_EQ(work.StepBytes(3), 166);
  EXPECT_EQ(work.StepBytes(4), 188);
  EXPECT_EQ(work.StepBytes(1000), 188);
}

TEST(ModelWork, OfAModelHasAllItsExperts) {
  const std::string folder = INGLE_SOURCE_DIR "/tests/conformance/checkpoints/qwen2_moe_plain";
  EngineOptions options;
  options.threads = 1;
  options.only_look = true;
  const auto engine = Engine::Load(folder, options);
  ASSERT_TRUE(engine) << engine.error().message();
  const ModelWork work = WorkOf(**engine);
  ASSERT_FALSE(work.experts.empty());
  for (const ModelWork::Experts& layer : work.experts) {
    EXPECT_EQ(layer.k, 3);
    EXPECT_EQ(layer.count, 5);
    EXPECT_GT(layer.bytes, 0);
  }
  EXPECT_LT(work.StepBytes(1), work.StepBytes(2));
  EXPECT_EQ(work.StepBytes(2), work.StepBytes(3));
}

TEST(TestLimit, OfReadingCountsTheTokensOfAStep) {
  const ModelWork work = Mixture();
  const Limits limits{1000, 1e9, 1e9};
  const uint32_t batch = 16;
  BenchTest decode{.kind = BenchTest::Kind::kDecode, .tokens = 5};
  TestLimit limit = LimitOf(decode, work, limits, batch);
  EXPECT_TRUE(limit.memory_bound);
  EXPECT_DOUBLE_EQ(limit.tokens_per_second, 1000.0 / 122);
  decode.sequences = 3;
  EXPECT_DOUBLE_EQ(LimitOf(decode, work, limits, batch).tokens_per_second, 3 * 1000.0 / 166);
  const BenchTest prefill{.kind = BenchTest::Kind::kPrefill, .tokens = 32};
  limit = LimitOf(prefill, work, limits, batch);
  EXPECT_DOUBLE_EQ(limit.tokens_per_second, 16 * 1000.0 / 188);
  const BenchTest single{.kind = BenchTest::Kind::kPrefill, .tokens = 1};
  limit = LimitOf(single, work, limits, batch);
  EXPECT_DOUBLE_EQ(limit.tokens_per_second, 1000.0 / 122);
}

}  // namespace
}  // namespace ingle
