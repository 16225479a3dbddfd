// Encoder–decoders against transformers, and against themselves: what a session answers to its
// source depends on nothing else, bit for bit.

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/engine.h"
#include "engine/generate.h"
#include "golden.h"

namespace ingle {
namespace {

using Tokens = std::vector<TokenId>;
using Logits = StepItem::Logits;

// Scores that are not scaled down meet keys rounded to eleven bits.
constexpr float kHalfTolerance = 0.03f;

std::vector<TestedModel> FindTranslators() {
  std::vector<TestedModel> found;
  for (const TestedModel& checkpoint : CheckpointFolders()) {
    if (Translates(checkpoint)) found.push_back(checkpoint);
  }
  std::sort(found.begin(), found.end(),
            [](const TestedModel& a, const TestedModel& b) { return a.name < b.name; });
  return found;
}

class Translators : public testing::TestWithParam<std::tuple<TestedModel, DeviceKind>> {
 protected:
  Translators()
      : checkpoint_(std::get<0>(GetParam())),
        golden_(nlohmann::json::parse(ReadFile(checkpoint_.golden + ".json"))),
        source_(golden_["prompt"]),
        decoder_(golden_["decoder"]) {}

  std::unique_ptr<Engine> Load(int threads = 1, DType cache = DType::kF32) const {
    EngineOptions options;
    options.device = std::get<1>(GetParam());
    options.threads = threads;
    options.cache_type = cache;
    auto engine = Engine::Load(checkpoint_.model, options);
    if (engine) return *std::move(engine);
    ADD_FAILURE() << engine.error().message();
    return nullptr;
  }

  Tokens Greedy() const { return golden_["greedy"]; }
  std::vector<float> Golden(const char* suffix = "") const {
    return ReadNpy(checkpoint_.golden + suffix + ".npy");
  }

  static std::vector<float> Read(Engine& engine, Session& session, const Tokens& source) {
    const StepItem item{&session, source, Logits::kAll};
    return Rows(engine.Encode({&item, 1}));
  }
  static std::vector<float> Step(Engine& engine, Session& session,
                                 std::span<const TokenId> tokens) {
    const StepItem item{&session, tokens, Logits::kAll};
    return Rows(engine.Step({&item, 1}));
  }
  static std::vector<float> Rows(const Result<std::span<const float>>& rows) {
    if (rows) return {rows->begin(), rows->end()};
    ADD_FAILURE() << rows.error().message();
    return {};
  }

  // A session that has read a source.
  std::unique_ptr<Session> SessionOf(Engine& engine, const Tokens& source) const {
    auto session = engine.NewSession();
    Read(engine, *session, source);
    return session;
  }
  // Of all of the decoder's tokens.
  std::vector<float> Answer(Engine& engine, const Tokens& source) const {
    return Step(engine, *SessionOf(engine, source), decoder_);
  }

  const TestedModel checkpoint_;
  const nlohmann::json golden_;
  const Tokens source_;
  const Tokens decoder_;
};

TEST_P(Translators, StatesOfTheSourceMatchTransformers) {
  const auto engine = Load();
  ASSERT_TRUE(engine);
  const auto states = Read(*engine, *engine->NewSession(), source_);
  EXPECT_LE(RelativeError(states, Golden("_encoder"), engine->model_info().width), kF32Tolerance);
}

TEST_P(Translators, LogitsMatchTransformers) {
  for (const DType cache : {DType::kF32, DType::kF16}) {
    const auto engine = Load(1, cache);
    ASSERT_TRUE(engine);
    const bool half = engine->info().cache_type == DType::kF16;
    EXPECT_LE(RelativeError(Answer(*engine, source_), Golden(), engine->model_info().vocabulary),
              half ? kHalfTolerance : kF32Tolerance);
  }
}

TEST_P(Translators, GreedyTokensMatchTransformers) {
  const auto engine = Load();
  ASSERT_TRUE(engine);
  const auto session = engine->NewSession();
  GenerateOptions options;
  options.sampling.temperature = 0;
  options.max_tokens = static_cast<int>(Greedy().size());
  options.ignore_end = true;
  for (int i = 0; i < 2; ++i) {  // the second time the session knows the source
    const auto generation = Generate(*engine, *session, source_, options);
    ASSERT_TRUE(generation) << generation.error().message();
    EXPECT_EQ(generation->tokens, Greedy());
    EXPECT_EQ(generation->prompt_tokens, source_.size());
    EXPECT_EQ(session->source(), source_);
  }
  // And a session that has answered to something else.
  const Tokens backwards(source_.rbegin(), source_.rend());
  ASSERT_TRUE(Generate(*engine, *session, backwards, options));
  EXPECT_EQ(Generate(*engine, *session, source_, options)->tokens, Greedy());
}

TEST_P(Translators, CutsAndThreadsDoNotMatter) {
  const auto engine = Load();
  ASSERT_TRUE(engine);
  const auto whole = Answer(*engine, source_);
  for (const int threads : {1, 2, 3}) {
    const auto other = Load(threads);
    ASSERT_TRUE(other);
    EXPECT_EQ(Answer(*other, source_), whole) << threads << " threads";
    const auto session = SessionOf(*other, source_);
    std::vector<float> pieces;
    for (size_t at = 0; at < decoder_.size();) {
      const size_t count = std::min<size_t>(decoder_.size() - at, at % 2 == 0 ? 5 : 1);
      const auto rows = Step(*other, *session, std::span(decoder_).subspan(at, count));
      pieces.insert(pieces.end(), rows.begin(), rows.end());
      at += count;
    }
    EXPECT_EQ(pieces, whole) << threads << " threads, several steps";
  }
}

// Sources of other lengths are read in the same step, and answered in the same one.
TEST_P(Translators, OtherSessionsDoNotMatter) {
  const auto engine = Load(2);
  ASSERT_TRUE(engine);
  const Tokens backwards(source_.rbegin(), source_.rend());
  const Tokens half(source_.begin(), source_.begin() + 17);
  std::vector<float> want;
  for (const Tokens& source : {source_, half, backwards}) {
    const auto answer = Answer(*engine, source);
    want.insert(want.end(), answer.begin(), answer.end());
  }
  const auto first = engine->NewSession(), second = engine->NewSession(),
             third = engine->NewSession();
  const StepItem sources[] = {{first.get(), source_, Logits::kNone},
                              {second.get(), half, Logits::kNone},
                              {third.get(), backwards, Logits::kNone}};
  ASSERT_TRUE(engine->Encode(sources));
  const StepItem answers[] = {{first.get(), decoder_, Logits::kAll},
                              {second.get(), decoder_, Logits::kAll},
                              {third.get(), decoder_, Logits::kAll}};
  EXPECT_EQ(Rows(engine->Step(answers)), want);
}

TEST_P(Translators, ASessionGoesBackIsCopiedAndSaved) {
  const auto engine = Load();
  ASSERT_TRUE(engine);
  const auto want = Answer(*engine, source_);
  const auto session = SessionOf(*engine, source_);
  Step(*engine, *session, decoder_);
  const auto fork = engine->Fork(*session);
  const auto restored = engine->Restore(session->Save());
  ASSERT_TRUE(fork && restored);
  for (Session* each : {session.get(), fork->get(), restored->get()}) {
    EXPECT_EQ(each->source(), source_);
    EXPECT_EQ(each->Truncate(0), 0u);
    EXPECT_EQ(Step(*engine, *each, decoder_), want);
  }
}

TEST_P(Translators, NeedASourceBeforeAnAnswer) {
  const auto engine = Load();
  ASSERT_TRUE(engine);
  const auto session = engine->NewSession();
  const StepItem answer{session.get(), decoder_, Logits::kLast};
  EXPECT_EQ(engine->Step({&answer, 1}).error().code(), ErrorCode::kInvalidArgument);

  Read(*engine, *session, source_);
  ASSERT_TRUE(engine->Step({&answer, 1}));
  const StepItem source{session.get(), source_, Logits::kNone};
  EXPECT_EQ(engine->Encode({&source, 1}).error().code(), ErrorCode::kInvalidArgument);
  session->Truncate(0);
  EXPECT_TRUE(engine->Encode({&source, 1}));

  const Tokens outside{static_cast<TokenId>(engine->model_info().vocabulary)};
  const StepItem wrong{session.get(), outside, Logits::kNone};
  EXPECT_EQ(engine->Encode({&wrong, 1}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(session->source(), source_);
}

std::string ParameterName(const testing::TestParamInfo<Translators::ParamType>& parameter) {
  const auto& [checkpoint, device] = parameter.param;
  return checkpoint.name + (device == DeviceKind::kCpu ? "_cpu" : "_reference");
}

INSTANTIATE_TEST_SUITE_P(, Translators,
                         testing::Combine(testing::ValuesIn(FindTranslators()),
                                          testing::Values(DeviceKind::kReference,
                                                          DeviceKind::kCpu)),
                         ParameterName);

}  // namespace
}  // namespace ingle
