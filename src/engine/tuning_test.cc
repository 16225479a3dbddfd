#include "engine/tuning.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/cpu.h"
#include "engine/engine.h"

namespace ingle {
namespace {

const std::string kModel = INGLE_SOURCE_DIR "/tests/conformance/llama/plain.gguf";

std::unique_ptr<Engine> Load(int threads, EngineOptions options = {}) {
  options.threads = threads;
  auto engine = Engine::Load(kModel, options);
  EXPECT_TRUE(engine) << engine.error().message();
  return *std::move(engine);
}

class TuningFile : public testing::Test {
 protected:
  TuningFile() : path_(std::string(testing::TempDir()) + "/tuning_test/tunings") { Remove(); }
  ~TuningFile() override { Remove(); }
  void Remove() { std::filesystem::remove_all(std::filesystem::path(path_).parent_path()); }

  std::string path_;
};

TEST(Tune, MeasuresQuartersOfTheWorkersAndChoosesOne) {
  const auto engine = Load(5);
  const auto report = Tune(*engine);
  ASSERT_TRUE(report) << report.error().message();
  std::vector<int> workers;
  for (const TuningTrial& trial : report->trials) {
    workers.push_back(trial.workers);
    EXPECT_GT(trial.few_seconds, 0);
    EXPECT_LT(trial.few_seconds, 60);
    EXPECT_LT(trial.many_seconds, 60);
  }
  EXPECT_EQ(workers, (std::vector<int>{5, 3, 2, 1}));
  EXPECT_EQ(engine->tuning().few, report->chosen.few);
  EXPECT_EQ(engine->tuning().many, report->chosen.many);
}

TEST(Tune, TellsOfHowManyTokensItsTimesAre) {
  const auto usual = Tune(*Load(1));
  ASSERT_TRUE(usual) << usual.error().message();
  EXPECT_EQ(usual->many_tokens, kTuningTokens);
  const auto shorter = Tune(*Load(1, {.batch_tokens = 16}));
  ASSERT_TRUE(shorter) << shorter.error().message();
  EXPECT_EQ(shorter->many_tokens, 16u);
  const auto shortest = Tune(*Load(1, {.context = 8, .sequences = 4}));
  ASSERT_TRUE(shortest) << shortest.error().message();
  EXPECT_EQ(shortest->many_tokens, 8u);
}

TEST(Tune, WhatIsComputedStaysTheSame) {
  const auto engine = Load(4);
  const std::vector<TokenId> tokens{1, 2, 3, 4, 5, 6, 7, 8, 9};
  std::vector<std::vector<float>> answers;
  for (const Tuning tuning : {Tuning{0, 0}, Tuning{1, 1}, Tuning{3, 2}, Tuning{2, 3}}) {
    engine->SetTuning(tuning);
    const auto session = engine->NewSession();
    std::vector<float> answer;
    for (const auto part : {std::span(tokens).first(7), std::span(tokens).last(2)}) {
      const StepItem item{session.get(), part, StepItem::Logits::kAll};
      const auto step = engine->Step({&item, 1});
      ASSERT_TRUE(step) << step.error().message();
      answer.insert(answer.end(), step->begin(), step->end());
    }
    answers.push_back(answer);
  }
  for (const auto& answer : answers) EXPECT_EQ(answer, answers.front());
}

TEST(Tune, NotOnTheReferenceDevice) {
  const auto engine = Load(2, {.device = DeviceKind::kReference});
  const auto report = Tune(*engine);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kUnsupported);
}

TEST_F(TuningFile, KeepsWhatWasFoundByModelAndThreads) {
  const auto engine = Load(3);
  EXPECT_FALSE(KeptTuning(path_, *engine));
  ASSERT_TRUE(KeepTuning(path_, *engine, {2, 3}));
  const auto other = Load(2);
  ASSERT_TRUE(KeepTuning(path_, *other, {1, 0}));
  const auto kept = KeptTuning(path_, *engine);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->few, 2);
  EXPECT_EQ(kept->many, 3);
  EXPECT_EQ(KeptTuning(path_, *other)->few, 1);
  EXPECT_FALSE(KeptTuning(path_, *Load(1)));
}

TEST_F(TuningFile, KeepsWhatWasFoundByMachineAndCache) {
  const auto engine = Load(2);
  ASSERT_TRUE(KeepTuning(path_, *engine, {1, 1}));
  EXPECT_FALSE(KeptTuning(path_, *Load(2, {.cache_type = DType::kF16})));
  std::string text;
  std::getline(std::ifstream(path_), text);
  EXPECT_NE(text.find(Cat(ProcessorName(), ", ", UsableProcessors(), " processors")),
            std::string::npos)
      << text;
}

TEST_F(TuningFile, WhatIsNoTuningIsReplaced) {
  const auto engine = Load(2);
  ASSERT_TRUE(KeepTuning(path_, *engine, {1, 2}));
  std::string text;
  std::getline(std::ifstream(path_), text, '\0');
  ASSERT_EQ(text.substr(0, 4), "1 2 ");
  for (const std::string& broken :
       {std::string(), std::string("{}"), text.substr(0, text.size() / 2),
        std::string(3 << 20, '['), "9" + text.substr(1), "-" + text, "x" + text, "1 " + text}) {
    std::ofstream(path_, std::ios::trunc) << broken;
    EXPECT_FALSE(KeptTuning(path_, *engine)) << broken.substr(0, 60);
    ASSERT_TRUE(KeepTuning(path_, *engine, {0, 1}));
    EXPECT_EQ(KeptTuning(path_, *engine)->many, 1);
  }
}

TEST_F(TuningFile, AFolderThatRefusesIsSaid) {
  const auto engine = Load(1);
  EXPECT_FALSE(KeepTuning("/proc/none/tunings", *engine, {1, 1}));
}

}  // namespace
}  // namespace ingle
