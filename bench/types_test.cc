// Every type of weights, and some types in mixtures and hybrids, on the CPU device against the
// reference device, which rounds nothing but sums: by models of random weights, so that nothing is
// fetched, and rows hold whole super-blocks.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "logit_differences.h"
#include "random_model.h"

namespace ingle {
namespace {

constexpr StandardShape kLlama = {.name = "llama",
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

StandardShape Mixture() {
  StandardShape shape = kLlama;
  shape.name = shape.architecture = "granitemoe";
  shape.experts = 8;
  shape.experts_used = 3;
  shape.scales.attention = 0.125f;
  return shape;
}

StandardShape Hybrid(std::string_view architecture, std::string_view mixers,
                     const RecurrentShape& recurrent) {
  StandardShape shape = kLlama;
  shape.name = shape.architecture = architecture;
  shape.layers = static_cast<uint32_t>(mixers.size());
  shape.mixers = mixers;
  shape.recurrent = recurrent;
  shape.scales.attention = 0.125f;
  return shape;
}

StandardShape WithoutAttention(StandardShape shape) {
  shape.heads = shape.kv_heads = shape.feed_forward = 0;
  return shape;
}

// One of each other kind of layer.
std::vector<StandardShape> OtherShapes() {
  constexpr RecurrentShape kMamba{
      .taps = 4, .heads = 16, .groups = 2, .key_size = 64, .value_size = 64};
  constexpr RecurrentShape kDelta{
      .taps = 4, .heads = 8, .groups = 4, .key_size = 64, .value_size = 64};
  return {Mixture(), Hybrid("granitehybrid", "mma", kMamba), Hybrid("lfm2", "cca", {.taps = 3}),
          Hybrid("qwen35", "dda", kDelta), WithoutAttention(Hybrid("mamba2", "mm", kMamba))};
}

// In nats. The logits of such a model are small: they deviate by about 0.45. Activations in eight
// bits, a hundredth off where they meet weights, move them by about as large a part, which is a
// divergence of 1e-5. Were a sixteenth of the columns left out, it would be 6e-3; were the rates at
// which Mamba's states decay a tenth off, 8e-5.
constexpr double kRoundedActivations = 6e-5;
// Short convolutions and the delta rule multiply with each other what has been rounded.
constexpr double kRoundedFactors = 2e-4;
// Where activations stay floats, only sums are rounded.
constexpr double kFloatActivations = 1e-9;

constexpr size_t kBefore = 8;  // tokens that are read, and not compared

std::vector<TokenId> Text() {
  std::vector<TokenId> tokens(49);
  for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<TokenId>(i * 397 % 1000);
  return tokens;
}

using Parameter = std::tuple<StandardShape, QuantizationMix>;

// Kernels differ by the type, and what is around them by the layer: not each of each.
std::vector<Parameter> Parameters() {
  std::vector<Parameter> parameters;
  for (const QuantizationMix& mix : QuantizationMixes()) parameters.emplace_back(kLlama, mix);
  for (const StandardShape& shape : OtherShapes()) {
    // Of the last of these only experts have blocks of their own.
    for (const char* mix : {"Q4_0", "Q4_K_M", "Q8_0", "F32", "MXFP4_MOE"}) {
      if (shape.experts == 0 && mix == std::string_view("MXFP4_MOE")) continue;
      parameters.emplace_back(shape, *FindQuantizationMix(mix));
    }
  }
  return parameters;
}

std::string NameOf(const Parameter& parameter) {
  const auto& [shape, mix] = parameter;
  return Cat(shape.name, "_", mix.name);
}

double Allowed(const Parameter& parameter) {
  const auto& [shape, mix] = parameter;
  if (!IsQuantized(mix.base)) return kFloatActivations;
  const bool multiplies = shape.mixers.find_first_of("cd") != std::string_view::npos;
  return multiplies ? kRoundedFactors : kRoundedActivations;
}

double Mean(const std::vector<LogitDifference>& differences) {
  double sum = 0;
  for (const LogitDifference& at : differences) sum += at.divergence;
  return sum / static_cast<double>(differences.size());
}

double Median(std::vector<LogitDifference> differences) {
  const auto middle = differences.begin() + static_cast<ptrdiff_t>(differences.size() / 2);
  std::ranges::nth_element(differences, middle, {}, &LogitDifference::divergence);
  return middle->divergence;
}

class RandomModelOf : public testing::TestWithParam<Parameter> {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    const auto& [shape, mix] = GetParam();
    const Status written = WriteRandomModel(shape, mix, model());
    ASSERT_TRUE(written) << written.error().message();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string model() const { return (folder_ / "model.gguf").string(); }

  // The CPU's cache in F32, as the reference has it: this is about weights.
  std::unique_ptr<Engine> Load(DeviceKind device, int threads = 1) const {
    EngineOptions options;
    options.device = device;
    options.threads = threads;
    options.cache_type = DType::kF32;
    auto engine = Engine::Load(model(), options);
    if (engine) return *std::move(engine);
    ADD_FAILURE() << engine.error().message();
    return nullptr;
  }

 private:
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / Cat("ingle-random-model-of-", NameOf(GetParam()));
};

TEST_P(RandomModelOf, ProbabilitiesAreThoseOfTheReference) {
  const auto reference = Load(DeviceKind::kReference);
  const auto cpu = Load(DeviceKind::kCpu);
  ASSERT_TRUE(reference && cpu);
  std::vector<LogitDifference> differences;
  const Status compared = CompareEngines(*reference, *cpu, Text(), kBefore, differences);
  ASSERT_TRUE(compared) << compared.error().message();
  ASSERT_FALSE(differences.empty());
  for (const LogitDifference& at : differences) ASSERT_TRUE(std::isfinite(at.divergence));
  // Where a router's near tie falls the other way, a token is far off.
  const bool routes = std::get<0>(GetParam()).experts > 0;
  EXPECT_LT(routes ? Median(differences) : Mean(differences), Allowed(GetParam()));
}

// Logits of every token of a text: a prompt of so many tokens, and the others one by one.
std::vector<float> LogitsOf(Engine& engine, std::span<const TokenId> text, size_t prompt) {
  const auto session = engine.NewSession();
  std::vector<float> logits;
  for (size_t at = 0, length = prompt; at < text.size(); at += length, length = 1) {
    const StepItem item{session.get(), text.subspan(at, length), StepItem::Logits::kAll};
    const auto rows = engine.Step({&item, 1});
    if (!rows) {
      ADD_FAILURE() << rows.error().message();
      break;
    }
    logits.insert(logits.end(), rows->begin(), rows->end());
  }
  return logits;
}

class Steps : public RandomModelOf {};

// What decoding computes, and with it every choice of a token, is bit for bit what the test above
// holds against the reference. Few steps with several threads: on a busy machine they wait long.
TEST_P(Steps, AndThreadsDoNotMatter) {
  const auto alone = Load(DeviceKind::kCpu, 1);
  const auto shared = Load(DeviceKind::kCpu, 2);
  ASSERT_TRUE(alone && shared);
  const std::vector<TokenId> text = Text();
  const std::vector<float> whole = LogitsOf(*alone, text, text.size());
  EXPECT_EQ(LogitsOf(*alone, text, 1), whole);
  EXPECT_EQ(LogitsOf(*shared, text, text.size() - 6), whole);
}

INSTANTIATE_TEST_SUITE_P(, RandomModelOf, testing::ValuesIn(Parameters()),
                         [](const auto& parameter) { return NameOf(parameter.param); });

// Of types, products are held to the same in matmul_test.cc.
INSTANTIATE_TEST_SUITE_P(, Steps,
                         testing::Combine(testing::ValuesIn(OtherShapes()),
                                          testing::Values(*FindQuantizationMix("Q4_K_M"))),
                         [](const auto& parameter) { return NameOf(parameter.param); });

}  // namespace
}  // namespace ingle
