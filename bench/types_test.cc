// Every type of weights on the CPU device against the reference device, which rounds nothing but
// sums: by models of random weights, so that nothing is fetched, and rows hold whole super-blocks.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "logit_differences.h"
#include "random_model.h"

namespace ingle {
namespace {

constexpr StandardShape kShape = {.name = "types",
                                  .architecture = "llama",
                                  .layers = 2,
                                  .width = 512,
                                  .feed_forward = 768,
                                  .heads = 8,
                                  .kv_heads = 2,
                                  .head_size = 64,
                                  .vocabulary = 1000,
                                  .context = 64,
                                  .rope_base = 10'000,
                                  .epsilon = 1e-5f,
                                  .tied = true};

// In nats. The logits of such a model are small: they deviate by about 0.45. Activations in eight
// bits, a hundredth off where they meet weights, move them by about as large a part, which is a
// divergence of 1e-5. Were a sixteenth of the columns left out, it would be 6e-3.
constexpr double kRoundedActivations = 2e-4;
// Where activations stay floats, only sums are rounded.
constexpr double kFloatActivations = 1e-9;

constexpr size_t kBefore = 8;  // tokens that are read, and not compared

std::vector<TokenId> Text() {
  std::vector<TokenId> tokens(49);
  for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<TokenId>(i * 397 % 1000);
  return tokens;
}

class RandomModelOf : public testing::TestWithParam<QuantizationMix> {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    const Status written = WriteRandomModel(kShape, GetParam(), model());
    ASSERT_TRUE(written) << written.error().message();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string model() const { return (folder_ / "model.gguf").string(); }

  // The CPU's cache in F32, as the reference has it: this is about weights.
  std::unique_ptr<Engine> Load(DeviceKind device) const {
    EngineOptions options;
    options.device = device;
    options.threads = 1;
    options.cache_type = DType::kF32;
    auto engine = Engine::Load(model(), options);
    if (engine) return *std::move(engine);
    ADD_FAILURE() << engine.error().message();
    return nullptr;
  }

 private:
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / Cat("ingle-random-model-of-", GetParam().name);
};

TEST_P(RandomModelOf, ProbabilitiesAreThoseOfTheReference) {
  const auto reference = Load(DeviceKind::kReference);
  const auto cpu = Load(DeviceKind::kCpu);
  ASSERT_TRUE(reference && cpu);
  std::vector<LogitDifference> differences;
  const Status compared = CompareEngines(*reference, *cpu, Text(), kBefore, differences);
  ASSERT_TRUE(compared) << compared.error().message();
  double divergence = 0;
  for (const LogitDifference& at : differences) divergence += at.divergence;
  divergence /= static_cast<double>(differences.size());
  const bool rounds = IsQuantized(GetParam().base);
  EXPECT_LT(divergence, rounds ? kRoundedActivations : kFloatActivations);
}

INSTANTIATE_TEST_SUITE_P(, RandomModelOf, testing::ValuesIn(QuantizationMixes()),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace ingle
