// Ingle against Hugging Face transformers, on the tiny random checkpoints of llama/ (GGUF) and
// checkpoints/ (Hugging Face's form): see README.md. And Ingle against itself: what a session
// computes must not depend, bit for bit, on how its tokens were cut into steps, on what else was in
// them, on the number of threads, or on whether it went back, was copied or was saved on the way.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/engine.h"
#include "golden.h"

namespace ingle {
namespace {

std::vector<TestedModel> FindCheckpoints() {
  std::vector<TestedModel> found;
  for (const auto& entry : std::filesystem::directory_iterator(Cat(kFolder, "llama"))) {
    if (entry.path().extension() != ".gguf") continue;
    const std::string name = entry.path().stem().string();
    found.push_back({"gguf_" + name, entry.path().string(), Cat(kFolder, "llama/", name)});
  }
  for (const TestedModel& checkpoint : CheckpointFolders()) {
    if (Generates(checkpoint) && !Translates(checkpoint)) found.push_back(checkpoint);
  }
  std::sort(found.begin(), found.end(),
            [](const TestedModel& a, const TestedModel& b) { return a.name < b.name; });
  return found;
}

// The CPU device rounds the activations that meet quantized weights to eight bits. These models
// have sharp attention and few, narrow layers to average it out, so it shows more than in a real
// one; perplexity is the test there.
constexpr float kQuantizedActivationTolerance = 0.12f;

// Steps of odd lengths, forty-eight tokens in all.
const std::vector<size_t> kCuts = {5, 7, 1, 11, 13, 1, 10};

struct Golden {
  std::vector<TokenId> prompt;
  std::vector<TokenId> continuation;  // greedy
  std::vector<float> logits;          // of the prompt, [48, vocabulary]
};

Golden ReadGolden(const std::string& path) {
  const auto json = nlohmann::json::parse(ReadFile(path + ".json"));
  return {json["prompt"], json["greedy"], ReadNpy(path + ".npy")};
}

// Logits of every token, which follow what the session holds. cuts: lengths of the steps.
std::vector<float> AllLogits(Engine& engine, Session& session, std::span<const TokenId> tokens,
                             std::span<const size_t> cuts) {
  std::vector<float> logits;
  for (const size_t cut : cuts) {
    const StepItem item{&session, tokens.first(cut), StepItem::Logits::kAll};
    const auto rows = engine.Step({&item, 1});
    if (!rows) {
      ADD_FAILURE() << rows.error().message();
      return {};
    }
    logits.insert(logits.end(), rows->begin(), rows->end());
    tokens = tokens.subspan(cut);
  }
  EXPECT_TRUE(tokens.empty());
  return logits;
}

std::vector<float> AllLogits(Engine& engine, std::span<const TokenId> tokens) {
  const size_t whole = tokens.size();
  return AllLogits(engine, *engine.NewSession(), tokens, {&whole, 1});
}

class Conformance : public testing::TestWithParam<std::tuple<TestedModel, DeviceKind>> {
 protected:
  const std::string& name() const { return std::get<0>(GetParam()).name; }
  DeviceKind device() const { return std::get<1>(GetParam()); }
  bool rounds_activations() const {
    if (device() == DeviceKind::kReference) return false;
    const auto has = [&](std::string_view part) { return name().find(part) != std::string::npos; };
    return name().starts_with("gguf_q") || has("_mxfp4") || has("_gptq") || has("_awq");
  }
  bool has_experts() const {
    return std::filesystem::exists(std::get<0>(GetParam()).golden + "_experts.npy");
  }
  // LongRoPE: while a text is short its tokens are computed in another way, as in the reference, so
  // only what the whole of it says can be compared.
  bool changes_with_length() const { return name().find("longrope") != std::string::npos; }
  std::vector<float> Comparable(std::vector<float> logits, size_t vocabulary) const {
    if (changes_with_length()) logits.erase(logits.begin(), logits.end() - vocabulary);
    return logits;
  }
  const Golden& golden() const { return golden_; }
  std::span<const TokenId> prompt() const { return golden_.prompt; }

  std::unique_ptr<Engine> Load(int threads = 1, DType cache = DType::kF32) const {
    EngineOptions options;
    options.device = device();
    options.threads = threads;
    options.cache_type = cache;
    auto engine = Engine::Load(std::get<0>(GetParam()).model, options);
    if (engine) return *std::move(engine);
    ADD_FAILURE() << engine.error().message();
    return nullptr;
  }

 private:
  const Golden golden_ = ReadGolden(std::get<0>(GetParam()).golden);
};

TEST_P(Conformance, LogitsMatchTransformers) {
  const auto engine = Load();
  ASSERT_TRUE(engine);
  const auto logits = AllLogits(*engine, prompt());
  const float tolerance = rounds_activations() ? kQuantizedActivationTolerance : kF32Tolerance;
  EXPECT_LE(RelativeError(logits, golden().logits, engine->model_info().vocabulary), tolerance);
}

TEST_P(Conformance, GreedyTokensMatchTransformers) {
  if (rounds_activations()) GTEST_SKIP() << "a near tie may fall either way";
  const auto engine = Load();
  ASSERT_TRUE(engine);
  const auto session = engine->NewSession();
  std::vector<TokenId> next(prompt().begin(), prompt().end()), continuation;
  while (continuation.size() < golden().continuation.size()) {
    const auto logits = engine->Prefill(*session, next);
    ASSERT_TRUE(logits) << logits.error().message();
    next = {
        static_cast<TokenId>(std::max_element(logits->begin(), logits->end()) - logits->begin())};
    continuation.push_back(next[0]);
  }
  EXPECT_EQ(continuation, golden().continuation);
}

TEST_P(Conformance, HalfPrecisionCacheIsClose) {
  if (device() == DeviceKind::kReference) return;  // it has f32 throughout
  if (has_experts()) GTEST_SKIP() << "a router's near tie may fall either way";
  const auto engine = Load(1, DType::kF16);
  ASSERT_TRUE(engine);
  const auto logits = AllLogits(*engine, prompt());
  const float tolerance =
      rounds_activations() ? kQuantizedActivationTolerance : kHalfCacheTolerance;
  EXPECT_LE(RelativeError(logits, golden().logits, engine->model_info().vocabulary), tolerance);
}

TEST_P(Conformance, CutsIntoStepsDoNotMatter) {
  for (const DType cache : {DType::kF32, DType::kF16}) {
    if (device() == DeviceKind::kReference && cache == DType::kF16) continue;
    const auto engine = Load(1, cache);
    ASSERT_TRUE(engine);
    const size_t vocabulary = engine->model_info().vocabulary;
    const auto whole = Comparable(AllLogits(*engine, prompt()), vocabulary);
    const std::vector<std::vector<size_t>> ways = {
        std::vector<size_t>(prompt().size(), 1), {1, 47}, {47, 1}, {31, 2, 15}, kCuts};
    for (const auto& cuts : ways) {
      const auto logits = AllLogits(*engine, *engine->NewSession(), prompt(), cuts);
      EXPECT_EQ(Comparable(logits, vocabulary), whole)
          << cuts.size() << " steps, the first of " << cuts[0];
    }
  }
}

TEST_P(Conformance, ThreadsDoNotMatter) {
  const auto engine = Load(1);
  ASSERT_TRUE(engine);
  const size_t vocabulary = engine->model_info().vocabulary;
  const auto logits = AllLogits(*engine, prompt());
  for (const int threads : {2, 3}) {
    const auto other = Load(threads);
    ASSERT_TRUE(other);
    EXPECT_EQ(AllLogits(*other, prompt()), logits) << threads << " threads";
    const auto cut = AllLogits(*other, *other->NewSession(), prompt(), kCuts);
    EXPECT_EQ(Comparable(cut, vocabulary), Comparable(logits, vocabulary))
        << threads << " threads, several steps";
  }
}

// Three sessions at different places, two of them in the middle, share a step.
TEST_P(Conformance, OtherSessionsDoNotMatter) {
  if (changes_with_length()) return;
  const auto engine = Load();
  ASSERT_TRUE(engine);
  const size_t vocabulary = engine->model_info().vocabulary;
  const auto alone = AllLogits(*engine, prompt());
  // Another text for each session: the prompt backwards, and its second half.
  const std::vector<TokenId> backwards(prompt().rbegin(), prompt().rend());
  const auto backwards_alone = AllLogits(*engine, backwards);
  const auto half = prompt().subspan(24);
  const auto half_alone = AllLogits(*engine, half);

  const auto first = engine->NewSession(), second = engine->NewSession(),
             third = engine->NewSession();
  AllLogits(*engine, *first, prompt().first(20), std::vector<size_t>{20});
  AllLogits(*engine, *second, std::span(backwards).first(47), std::vector<size_t>{47});
  const StepItem items[] = {
      {first.get(), prompt().subspan(20, 9), StepItem::Logits::kAll},
      {second.get(), std::span(backwards).subspan(47), StepItem::Logits::kLast},
      {third.get(), half, StepItem::Logits::kAll},
  };
  const auto together = engine->Step(items);
  ASSERT_TRUE(together) << together.error().message();

  std::vector<float> want(alone.begin() + 20 * vocabulary, alone.begin() + 29 * vocabulary);
  want.insert(want.end(), backwards_alone.end() - vocabulary, backwards_alone.end());
  want.insert(want.end(), half_alone.begin(), half_alone.end());
  EXPECT_EQ(std::vector<float>(together->begin(), together->end()), want);
}

// What follows a session's tokens, however much of them it still knows.
std::vector<float> Finish(Engine& engine, Session& session, std::span<const TokenId> tokens) {
  const auto logits = engine.Prefill(session, tokens.subspan(session.length()));
  EXPECT_TRUE(logits) << logits.error().message();
  return logits ? std::vector<float>(logits->begin(), logits->end()) : std::vector<float>();
}

TEST_P(Conformance, ASessionGoesBack) {
  const auto engine = Load();
  ASSERT_TRUE(engine);
  const auto want = Finish(*engine, *engine->NewSession(), prompt());
  const auto session = engine->NewSession();
  const std::vector<TokenId> detour(20, prompt()[0]);
  AllLogits(*engine, *session, prompt().first(17), std::vector<size_t>{17});
  AllLogits(*engine, *session, detour, std::vector<size_t>{1, 1, 18});
  const uint32_t kept = session->Truncate(17);
  EXPECT_EQ(kept, session->length());
  EXPECT_LE(kept, 17u);
  EXPECT_TRUE(std::equal(session->tokens().begin(), session->tokens().end(), prompt().begin()));
  EXPECT_EQ(Finish(*engine, *session, prompt()), want);
}

TEST_P(Conformance, ASessionIsCopiedAndSaved) {
  const auto engine = Load();
  ASSERT_TRUE(engine);
  const auto want = Finish(*engine, *engine->NewSession(), prompt());
  const auto session = engine->NewSession();
  AllLogits(*engine, *session, prompt().first(29), std::vector<size_t>{28, 1});
  const auto fork = engine->Fork(*session);
  const auto restored = engine->Restore(session->Save());
  ASSERT_TRUE(fork && restored);
  session->Truncate(0);
  EXPECT_EQ(Finish(*engine, **fork, prompt()), want);
  EXPECT_EQ(Finish(*engine, **restored, prompt()), want);
}

std::string ParameterName(const testing::TestParamInfo<Conformance::ParamType>& parameter) {
  const auto& [checkpoint, device] = parameter.param;
  return checkpoint.name + (device == DeviceKind::kCpu ? "_cpu" : "_reference");
}

INSTANTIATE_TEST_SUITE_P(, Conformance,
                         testing::Combine(testing::ValuesIn(FindCheckpoints()),
                                          testing::Values(DeviceKind::kReference,
                                                          DeviceKind::kCpu)),
                         ParameterName);

}  // namespace
}  // namespace ingle
