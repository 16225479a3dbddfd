// Models that embed and classify, on the checkpoints of checkpoints/ that have no continuation:
// what transformers computed, and that what is computed of a text depends on nothing else.

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/classify.h"
#include "engine/embed.h"
#include "engine/engine.h"
#include "golden.h"

namespace ingle {
namespace {

using Tokens = std::vector<TokenId>;

std::vector<TestedModel> FindEncoders() {
  std::vector<TestedModel> found;
  for (const TestedModel& checkpoint : CheckpointFolders()) {
    if (!Generates(checkpoint)) found.push_back(checkpoint);
  }
  std::sort(found.begin(), found.end(),
            [](const TestedModel& a, const TestedModel& b) { return a.name < b.name; });
  return found;
}

class Encoders : public testing::TestWithParam<std::tuple<TestedModel, DeviceKind>> {
 protected:
  Encoders()
      : checkpoint_(std::get<0>(GetParam())),
        prompt_(nlohmann::json::parse(ReadFile(checkpoint_.golden + ".json"))["prompt"]) {}

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
  std::vector<float> Golden(const char* suffix = "") const {
    return ReadNpy(checkpoint_.golden + suffix + ".npy");
  }

  // Of the whole text in one step.
  std::vector<float> Answer(Engine& engine, const Tokens& tokens) const {
    const auto session = engine.NewSession();
    const StepItem item{session.get(), tokens, StepItem::Logits::kAll};
    const auto rows = engine.Step({&item, 1});
    if (rows) return {rows->begin(), rows->end()};
    ADD_FAILURE() << rows.error().message();
    return {};
  }

  const TestedModel checkpoint_;
  const Tokens prompt_;
};

TEST_P(Encoders, AnswerMatchesTransformers) {
  const auto engine = Load();
  ASSERT_TRUE(engine);
  const size_t columns = engine->model_info().answer_columns;
  EXPECT_LE(RelativeError(Answer(*engine, prompt_), Golden(), columns), kF32Tolerance);
}

TEST_P(Encoders, HalfPrecisionCacheIsClose) {
  if (std::get<1>(GetParam()) == DeviceKind::kReference) return;  // it has f32 throughout
  const auto engine = Load(1, DType::kF16);
  ASSERT_TRUE(engine);
  const size_t columns = engine->model_info().answer_columns;
  EXPECT_LE(RelativeError(Answer(*engine, prompt_), Golden(), columns), kHalfCacheTolerance);
}

TEST_P(Encoders, PooledStatesMatchTransformers) {
  const auto engine = Load();
  ASSERT_TRUE(engine);
  if (engine->model_info().task != Task::kEmbed) return;
  std::vector<float> pooled;
  for (const Pooling pooling : {Pooling::kMean, Pooling::kCls, Pooling::kLast}) {
    const auto vector = Embed(*engine, {&prompt_, 1}, {.pooling = pooling, .normalize = false});
    ASSERT_TRUE(vector) << vector.error().message();
    pooled.insert(pooled.end(), vector->begin(), vector->end());
  }
  const size_t width = engine->model_info().width;
  EXPECT_LE(RelativeError(pooled, Golden("_pooled"), width), kF32Tolerance);
}

TEST_P(Encoders, ThreadsDoNotMatter) {
  const auto engine = Load();
  ASSERT_TRUE(engine);
  const auto answer = Answer(*engine, prompt_);
  for (const int threads : {2, 3}) {
    const auto other = Load(threads);
    ASSERT_TRUE(other);
    EXPECT_EQ(Answer(*other, prompt_), answer) << threads << " threads";
  }
}

TEST_P(Encoders, OtherTextsDoNotMatter) {
  const auto engine = Load();
  ASSERT_TRUE(engine);
  // Eighty tokens, which is what a step of the smallest takes.
  const std::vector<Tokens> texts = {{prompt_.begin() + 31, prompt_.end()},
                                     {prompt_.rbegin(), prompt_.rbegin() + 14},
                                     prompt_,
                                     {prompt_[5]}};
  std::vector<float> alone;
  std::vector<std::unique_ptr<Session>> sessions;
  std::vector<StepItem> items;
  for (const Tokens& text : texts) {
    const auto answer = Answer(*engine, text);
    alone.insert(alone.end(), answer.begin(), answer.end());
    sessions.push_back(engine->NewSession());
    items.push_back({sessions.back().get(), text, StepItem::Logits::kAll});
  }
  const auto together = engine->Step(items);
  ASSERT_TRUE(together) << together.error().message();
  EXPECT_EQ(std::vector<float>(together->begin(), together->end()), alone);
}

TEST_P(Encoders, AnEncodersTextIsNotCut) {
  const auto engine = Load();
  ASSERT_TRUE(engine);
  if (!engine->model_info().whole_text) return;
  const auto whole = Answer(*engine, prompt_);
  const auto session = engine->NewSession();
  const StepItem begin{session.get(), std::span(prompt_).first(20), StepItem::Logits::kAll};
  ASSERT_TRUE(engine->Step({&begin, 1}));
  const StepItem end{session.get(), std::span(prompt_).subspan(20), StepItem::Logits::kAll};
  const auto more = engine->Step({&end, 1});
  ASSERT_FALSE(more);
  EXPECT_NE(more.error().message().find("in one step"), std::string::npos);

  EXPECT_EQ(session->Truncate(7), 0u);
  const StepItem again{session.get(), prompt_, StepItem::Logits::kAll};
  const auto answer = engine->Step({&again, 1});
  ASSERT_TRUE(answer);
  EXPECT_EQ(std::vector<float>(answer->begin(), answer->end()), whole);
}

// A classifier has states too, and they leave its answer as it is.
TEST_P(Encoders, StatesAreThereWhateverTheAnswer) {
  const auto engine = Load();
  ASSERT_TRUE(engine);
  const ModelInfo& model = engine->model_info();
  const auto answer = Answer(*engine, prompt_);
  const auto session = engine->NewSession();
  const StepItem item{session.get(), prompt_, StepItem::Logits::kAll};
  const auto states = engine->States({&item, 1});
  ASSERT_TRUE(states) << states.error().message();
  EXPECT_EQ(states->size(), prompt_.size() * model.width);
  EXPECT_EQ(Answer(*engine, prompt_), answer);
}

TEST_P(Encoders, ProbabilitiesAreThoseOfTheScores) {
  const auto engine = Load();
  ASSERT_TRUE(engine);
  const ModelInfo& model = engine->model_info();
  const auto classified = Classify(*engine, {&prompt_, 1});
  ASSERT_EQ(classified.has_value(), model.task != Task::kEmbed);
  if (!classified) return;
  const auto scores = Golden();
  const auto& got = classified->at(0);
  ASSERT_EQ(got.size(), scores.size());
  const size_t labels = model.labels.names.size();
  for (size_t row = 0; row < scores.size(); row += labels) {
    double sum = 0;
    for (size_t i = 0; i < labels; ++i) sum += std::exp(double{scores[row + i]});
    if (labels == 1) sum += 1;  // against a score of 0
    for (size_t i = 0; i < labels; ++i) {
      EXPECT_NEAR(got[row + i], std::exp(double{scores[row + i]}) / sum, 1e-4);
    }
  }
}

std::string ParameterName(const testing::TestParamInfo<Encoders::ParamType>& parameter) {
  const auto& [checkpoint, device] = parameter.param;
  return checkpoint.name + (device == DeviceKind::kCpu ? "_cpu" : "_reference");
}

INSTANTIATE_TEST_SUITE_P(, Encoders,
                         testing::Combine(testing::ValuesIn(FindEncoders()),
                                          testing::Values(DeviceKind::kReference,
                                                          DeviceKind::kCpu)),
                         ParameterName);

}  // namespace
}  // namespace ingle
