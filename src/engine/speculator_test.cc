#include "engine/speculator.h"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "engine/generate.h"
#include "engine/stop_filter.h"
#include "engine/tiny_model_testing.h"

namespace ingle {
namespace {

constexpr char kOtherModel[] = INGLE_SOURCE_DIR "/tests/conformance/llama/deep.gguf";

std::string Checkpoint(const char* name) {
  return Cat(INGLE_SOURCE_DIR "/tests/conformance/checkpoints/", name);
}

std::unique_ptr<Engine> LoadModelAt(const std::string& path) {
  auto engine = Engine::Load(path, {.threads = 1});
  if (engine) return *std::move(engine);
  ADD_FAILURE() << engine.error().message();
  return nullptr;
}

// What a caller can tell of an answer.
struct Seen {
  Generation answer;
  std::vector<std::string> pieces;
  std::vector<TokenId> session;
  std::vector<float> logits;  // of what follows in the session
};

// Every way to guess gives the same answer as no guess. The model says gibberish that repeats
// itself, so guesses are right often, but not always.
class SpeculatorTest : public ::testing::Test {
 protected:
  static GenerateOptions Options(float temperature, uint64_t seed) {
    GenerateOptions options;
    options.sampling.temperature = temperature;
    options.sampling.seed = seed;
    options.max_tokens = 30;
    return options;
  }

  Seen Answer(GenerateOptions options, Speculation speculation, Speculator* speculator) {
    Seen seen;
    options.speculation = speculation;
    options.speculator = speculator;
    options.on_text = [&](std::string_view piece) {
      seen.pieces.emplace_back(piece);
      return seen.pieces.size() != stop_after_pieces_;
    };
    const auto session = engine_->NewSession();
    auto answer = Generate(*engine_, *session, prompt_, options);
    if (!answer) {
      ADD_FAILURE() << answer.error().message();
      return seen;
    }
    seen.answer = *std::move(answer);
    seen.session = session->tokens();
    const TokenId next = 40;
    if (session->length() < engine_->info().context) {
      const auto logits = *engine_->Prefill(*session, {&next, 1});
      seen.logits.assign(logits.begin(), logits.end());
    }
    return seen;
  }

  // Returns how many guesses were made, and how many of them were right.
  std::pair<size_t, size_t> ExpectTheSame(const GenerateOptions& options, Speculator& speculator) {
    const Seen plain = Answer(options, Speculation::kOff, &speculator);
    EXPECT_EQ(plain.answer.guessed_tokens, 0u);
    std::pair<size_t, size_t> guesses{0, 0};
    for (const Speculation speculation : {Speculation::kAlways, Speculation::kAuto}) {
      const Seen seen = Answer(options, speculation, &speculator);
      EXPECT_EQ(seen.answer.tokens, plain.answer.tokens);
      EXPECT_EQ(seen.answer.text, plain.answer.text);
      EXPECT_EQ(seen.answer.finish, plain.answer.finish);
      EXPECT_EQ(seen.answer.timing.decode_tokens, plain.answer.timing.decode_tokens);
      EXPECT_EQ(seen.pieces, plain.pieces);
      EXPECT_EQ(seen.session, plain.session);
      EXPECT_EQ(seen.logits, plain.logits);
      EXPECT_EQ(Logprobs(seen), Logprobs(plain));
      EXPECT_LE(seen.answer.right_guesses, seen.answer.guessed_tokens);
      guesses.first += seen.answer.guessed_tokens;
      guesses.second += seen.answer.right_guesses;
    }
    return guesses;
  }

  static std::vector<float> Logprobs(const Seen& seen) {
    std::vector<float> all;
    for (const auto& row : seen.answer.logprobs) {
      for (const TokenLogprob& entry : row) all.push_back(entry.logprob);
    }
    return all;
  }

  std::unique_ptr<Engine> engine_ = LoadTinyModel();
  std::vector<TokenId> prompt_ = *engine_->tokenizer().Encode("the end of the world, the end of ");
  size_t stop_after_pieces_ = 0;  // 0: never
};

TEST_F(SpeculatorTest, AnswersAreTheSame) {
  Speculator speculator(*engine_);
  size_t guessed = 0, right = 0;
  for (const float temperature : {0.f, 0.3f, 0.8f, 2.f}) {
    for (uint64_t seed = 0; seed < 5; ++seed) {
      GenerateOptions options = Options(temperature, seed);
      options.logprobs = 2;
      const auto [all, good] = ExpectTheSame(options, speculator);
      guessed += all;
      right += good;
    }
  }
  EXPECT_GT(right, 100u);
  EXPECT_GT(guessed, right);
}

TEST_F(SpeculatorTest, PenaltiesAreTheSame) {
  Speculator speculator(*engine_);
  for (const float temperature : {0.f, 0.8f}) {
    GenerateOptions options = Options(temperature, 3);
    options.sampling.repeat_penalty = 1.1f;
    options.sampling.frequency_penalty = 0.02f;
    options.sampling.presence_penalty = 0.01f;
    options.sampling.penalty_window = 20;
    ExpectTheSame(options, speculator);
  }
}

TEST_F(SpeculatorTest, EndsAreTheSame) {
  Speculator speculator(*engine_);
  const std::string text = Answer(Options(0, 0), Speculation::kOff, nullptr).answer.text;
  for (size_t begin = 0; begin + 4 < text.size(); ++begin) {
    GenerateOptions options = Options(0, 0);
    options.stop = {text.substr(begin, 3)};
    if (!StopFilter::Create(options.stop)) continue;
    ExpectTheSame(options, speculator);
  }
  for (int tokens = 0; tokens < 12; ++tokens) {
    GenerateOptions options = Options(0, 0);
    options.max_tokens = tokens;
    ExpectTheSame(options, speculator);
  }
  // The model ends its answer by chance.
  for (uint64_t seed = 0; seed < 20; ++seed) {
    GenerateOptions options = Options(1000, seed);
    options.sampling.top_k = 0;
    options.sampling.top_p = 1;
    options.sampling.min_p = 0;
    options.max_tokens = -1;
    ExpectTheSame(options, speculator);
  }
}

TEST_F(SpeculatorTest, AFullContextIsTheSame) {
  Speculator speculator(*engine_);
  GenerateOptions options = Options(0, 0);
  options.max_tokens = -1;
  options.ignore_end = true;
  prompt_.resize(engine_->info().context - 9, 40);
  ExpectTheSame(options, speculator);
}

TEST_F(SpeculatorTest, CancellingIsTheSame) {
  Speculator speculator(*engine_);
  for (stop_after_pieces_ = 1; stop_after_pieces_ < 10; ++stop_after_pieces_) {
    ExpectTheSame(Options(0, 0), speculator);
  }
}

TEST_F(SpeculatorTest, TheModelItselfGuessesRight) {
  const auto draft = LoadTinyModel();
  ASSERT_TRUE(CheckDraftModel(*engine_, *draft));
  Speculator speculator(*engine_, draft.get());
  for (const float temperature : {0.f, 0.8f}) {
    GenerateOptions options = Options(temperature, 5);
    options.sampling.repeat_penalty = 1.1f;
    ExpectTheSame(options, speculator);
    const Seen seen = Answer(options, Speculation::kAlways, &speculator);
    EXPECT_GT(seen.answer.guessed_tokens, 20u);
    EXPECT_EQ(seen.answer.right_guesses, seen.answer.guessed_tokens);
  }
}

TEST_F(SpeculatorTest, AModelThatGuessesWrongChangesNothing) {
  const auto draft = LoadModelAt(kOtherModel);
  ASSERT_TRUE(CheckDraftModel(*engine_, *draft));
  Speculator speculator(*engine_, draft.get());
  for (const float temperature : {0.f, 0.8f}) {
    const auto [guessed, right] = ExpectTheSame(Options(temperature, 5), speculator);
    EXPECT_GT(guessed, 100u);
    EXPECT_LT(right, guessed / 2);
  }
}

// The draft model's context is shorter than what it is asked about.
TEST_F(SpeculatorTest, ADraftModelMayHaveNoGuess) {
  EngineOptions options;
  options.context = static_cast<uint32_t>(prompt_.size()) + 4;
  const auto draft = LoadTinyModel(options);
  Speculator speculator(*engine_, draft.get());
  const auto [guessed, right] = ExpectTheSame(Options(0, 0), speculator);
  EXPECT_GT(guessed, 0u);
  EXPECT_LT(guessed, 20u);
}

TEST_F(SpeculatorTest, RefusesADraftModelOfAnotherVocabulary) {
  const auto message = [&](const Engine& draft) {
    const Status checked = CheckDraftModel(*engine_, draft);
    if (checked) return std::string();
    EXPECT_EQ(checked.error().code(), ErrorCode::kUnsupported);
    return checked.error().message();
  };
  // The tiny model, but that one of its tokens is spelled in another way.
  std::ifstream file(kTinyModel, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const std::string token = "<|im_start|>", changed = "<|im_START|>";
  for (size_t at = 0; (at = bytes.find(token, at)) != std::string::npos;) {
    bytes.replace(at, token.size(), changed);
  }
  const auto draft = Engine::Load(
      std::shared_ptr<const ByteSource>(MakeMemorySource(std::move(bytes), "renamed.gguf")),
      {.threads = 1});
  ASSERT_TRUE(draft) << draft.error().message();
  EXPECT_EQ(message(**draft), Cat("the model renamed.gguf cannot draft for ", kTinyModel,
                                  ", whose vocabulary is another one: token 1 is "
                                  "'<|im_START|>' there and '<|im_start|>' here"));

  EXPECT_EQ(message(*LoadModelAt(Checkpoint("gemma_tied"))),
            Cat("the model ", Checkpoint("gemma_tied"), " cannot draft for ", kTinyModel,
                ", whose vocabulary is another one: it knows 0 of 97 tokens there and 323 of 323 "
                "here"));
  for (const char* name : {"t5_v1_0", "bert_plain"}) {
    const auto other = LoadModelAt(Checkpoint(name));
    EXPECT_EQ(message(*other), Cat("the model ", Checkpoint(name), " cannot draft for ", kTinyModel,
                                   ": both have to continue a text"));
  }
}

}  // namespace
}  // namespace ingle
