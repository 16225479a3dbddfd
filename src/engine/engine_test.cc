#include "engine/engine.h"

#include <cstring>

#include <gtest/gtest.h>

#include "base/worker_pool.h"
#include "compile/program.h"
#include "engine/kv_cache.h"
#include "engine/step_plan.h"

namespace ingle {
namespace {

const std::string kModel = INGLE_SOURCE_DIR "/tests/conformance/llama/plain.gguf";

std::unique_ptr<Engine> Load(const EngineOptions& options = {}) {
  auto engine = Engine::Load(kModel, options);
  EXPECT_TRUE(engine) << engine.error().message();
  return engine ? std::move(*engine) : nullptr;
}

std::vector<TokenId> Prompt(size_t count, TokenId first = 1) {
  std::vector<TokenId> tokens(count);
  for (size_t i = 0; i < count; ++i) tokens[i] = (first + static_cast<TokenId>(7 * i)) % 200;
  return tokens;
}

TEST(Engine, TellsWhatItLoaded) {
  const auto engine = Load({.threads = 2});
  EXPECT_EQ(engine->model_info().architecture, "llama");
  EXPECT_EQ(engine->model_info().weight_type, "F32");
  EXPECT_GT(engine->model_info().parameters, 0u);
  EXPECT_EQ(engine->info().threads, WorkerPool(2).size());  // 1 where there are no threads
  EXPECT_EQ(engine->info().context, engine->model_info().trained_context);
  EXPECT_EQ(engine->info().cache_type, DType::kF32);  // as fine as the weights
  EXPECT_EQ(engine->info().activation_bytes, engine->program()->arena_bytes);
}

TEST(Engine, MissingFileAndWrongFileAreErrors) {
  EXPECT_EQ(Engine::Load("/nonexistent.gguf").error().code(), ErrorCode::kNotFound);
  EXPECT_FALSE(Engine::Load(INGLE_SOURCE_DIR "/LICENSE"));
}

TEST(Engine, SenselessOptionsAreErrors) {
  EXPECT_FALSE(Engine::Load(kModel, {.threads = -1}));
  EXPECT_FALSE(Engine::Load(kModel, {.threads = 1 << 20}));
  EXPECT_FALSE(Engine::Load(kModel, {.context = UINT32_MAX}));
  EXPECT_FALSE(Engine::Load(kModel, {.batch_tokens = UINT32_MAX}));
  EXPECT_FALSE(Engine::Load(kModel, {.cache_type = DType::kQ4_0}));
}

TEST(Engine, AStepThatFailsChangesNothing) {
  const auto engine = Load({.context = 32, .batch_tokens = 16});
  const auto session = engine->NewSession();
  const auto prompt = Prompt(10);
  const StepItem good{session.get(), prompt, StepItem::Logits::kLast};
  ASSERT_TRUE(engine->Step({&good, 1}));
  const std::vector<TokenId> before = session->tokens();

  const std::vector<TokenId> outside{5, 100000};
  const std::vector<TokenId> negative{-1};
  const auto long_prompt = Prompt(23);
  for (const auto& tokens : {outside, negative, long_prompt, std::vector<TokenId>{}}) {
    const StepItem bad{session.get(), tokens, StepItem::Logits::kLast};
    EXPECT_FALSE(engine->Step({&bad, 1}));
    EXPECT_EQ(session->tokens(), before);
  }
}

TEST(Engine, AStepHasRoomForWhatAllSequencesHold) {
  EXPECT_EQ(Load({.context = 4})->info().batch_tokens, 4u);
  EXPECT_EQ(Load({.context = 4, .batch_tokens = 7, .sequences = 3})->info().batch_tokens, 7u);
  const auto engine = Load({.context = 4, .sequences = 3});
  EXPECT_EQ(engine->info().batch_tokens, 12u);
  const auto prompt = Prompt(4);
  std::vector<std::unique_ptr<Session>> sessions;
  std::vector<StepItem> items;
  for (int i = 0; i < 3; ++i) {
    sessions.push_back(engine->NewSession());
    items.push_back({sessions.back().get(), prompt});
  }
  const auto step = engine->Step(items);
  EXPECT_TRUE(step) << step.error().message();
}

TEST(Engine, TheContextErrorNamesBothCounts) {
  const auto engine = Load({.context = 32});
  const auto session = engine->NewSession();
  const auto prompt = Prompt(33);
  const auto result = engine->Prefill(*session, prompt);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kTooLarge);
  EXPECT_NE(result.error().message().find("33"), std::string::npos);
  EXPECT_NE(result.error().message().find("32"), std::string::npos);
}

TEST(Engine, ACacheLimitIsKeptAndPagesComeBack) {
  auto engine = Load();
  const uint64_t page = engine->info().cache_bytes_per_token * 32;
  engine = Load({.cache_bytes = 2 * page});
  auto first = engine->NewSession();
  auto second = engine->NewSession();
  const auto prompt = Prompt(40);  // two pages
  ASSERT_TRUE(engine->Prefill(*first, prompt));
  const auto refused = engine->Prefill(*second, prompt);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kOutOfMemory);
  EXPECT_EQ(second->length(), 0u);
  first.reset();
  EXPECT_TRUE(engine->Prefill(*second, prompt));
}

TEST(Engine, TruncateRewinds) {
  const auto engine = Load();
  const auto session = engine->NewSession();
  const auto prompt = Prompt(50);
  const auto whole = engine->Prefill(*session, prompt);
  ASSERT_TRUE(whole);
  const std::vector<float> want(whole->begin(), whole->end());

  const auto detour = Prompt(20, 3);
  session->Truncate(31);
  ASSERT_TRUE(engine->Prefill(*session, detour));
  session->Truncate(31);
  EXPECT_EQ(session->length(), 31u);
  const auto again = engine->Prefill(*session, std::span(prompt).subspan(31));
  ASSERT_TRUE(again);
  EXPECT_EQ(0, std::memcmp(again->data(), want.data(), want.size() * sizeof(float)));
}

TEST(StepPlan, LaysItemsOutOneAfterTheOther) {
  const auto engine = Load();
  const auto a = engine->NewSession();
  const auto b = engine->NewSession();
  const auto prompt = Prompt(3);
  const StepItem items[] = {{a.get(), prompt, StepItem::Logits::kNone},
                            {b.get(), prompt, StepItem::Logits::kAll},
                            {a.get(), prompt, StepItem::Logits::kLast}};
  const auto plan = PlanStep(std::span(items).first(2), {16, 64, 300});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->tokens.size(), 6u);
  EXPECT_EQ(plan->positions, (std::vector<int32_t>{0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(plan->output_rows, (std::vector<int32_t>{3, 4, 5}));
  EXPECT_EQ(plan->sequences[1].first_token, 3u);
  EXPECT_FALSE(PlanStep(items, {8, 64, 300}));
}

TEST(StepPlan, AnEncodersTextIsWhole) {
  const auto engine = Load();
  const auto session = engine->NewSession();
  const std::vector<TokenId> text = {1, 5, 1, 6};
  const StepItem item{session.get(), text, StepItem::Logits::kLast};
  StepLimits limits{16, 64, 300, true, true, 1};
  const auto plan = PlanStep({&item, 1}, limits);
  ASSERT_TRUE(plan);
  // Padding takes no position; of the text as a whole there is one answer.
  EXPECT_EQ(plan->positions, (std::vector<int32_t>{-1, 0, -1, 1}));
  EXPECT_EQ(plan->output_rows, std::vector<int32_t>{0});

  ASSERT_TRUE(engine->Prefill(*session, text));
  EXPECT_FALSE(PlanStep({&item, 1}, limits));
  limits.whole_text = false;
  EXPECT_TRUE(PlanStep({&item, 1}, limits));
}

std::vector<float> LogitsOf(Engine& engine, Session& session, std::vector<TokenId> tokens) {
  const auto logits = engine.Prefill(session, tokens);
  EXPECT_TRUE(logits) << logits.error().message();
  return logits ? std::vector<float>(logits->begin(), logits->end()) : std::vector<float>();
}

TEST(SavedSession, GoesOnWhereItWas) {
  const auto engine = Load();
  const auto session = engine->NewSession();
  (void)LogitsOf(*engine, *session, {5, 6, 7, 8});
  auto restored = engine->Restore(session->Save());
  ASSERT_TRUE(restored) << restored.error().message();
  auto fork = engine->Fork(*session);
  ASSERT_TRUE(fork);
  const auto want = LogitsOf(*engine, *session, {9, 10});
  EXPECT_EQ(LogitsOf(*engine, **restored, {9, 10}), want);
  EXPECT_EQ(LogitsOf(*engine, **fork, {9, 10}), want);
  EXPECT_EQ((*fork)->tokens(), session->tokens());
}

TEST(SavedSession, RefusesWhatIsNone) {
  const auto engine = Load();
  const auto session = engine->NewSession();
  (void)LogitsOf(*engine, *session, {5, 6, 7, 8});
  const std::string saved = session->Save();
  for (size_t size = 0; size < saved.size(); size += size < 200 ? 1 : 97) {
    EXPECT_FALSE(engine->Restore(std::string_view(saved).substr(0, size))) << size;
  }
  EXPECT_FALSE(engine->Restore(saved + "x"));
  // The token count follows the magic, the version, the identity and the flag.
  std::string lying = saved;
  uint32_t identity;
  std::memcpy(&identity, saved.data() + 8, sizeof(identity));
  for (const uint32_t count : {3u, 5u, 1u << 31, UINT32_MAX}) {
    std::memcpy(lying.data() + 16 + identity, &count, sizeof(count));
    EXPECT_FALSE(engine->Restore(lying)) << count;
  }
}

}  // namespace
}  // namespace ingle
