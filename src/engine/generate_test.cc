#include "engine/generate.h"

#include <algorithm>
#include <thread>

#include <gtest/gtest.h>

#include "base/utf8.h"
#include "engine/tiny_model_testing.h"

namespace ingle {
namespace {

// The model's answers are gibberish, but always the same gibberish.
class GenerateTest : public ::testing::Test {
 protected:
  std::vector<TokenId> Encode(std::string_view text) { return *engine_->tokenizer().Encode(text); }

  static GenerateOptions Greedy(int max_tokens = -1) {
    GenerateOptions options;
    options.sampling.temperature = 0;
    options.max_tokens = max_tokens;
    return options;
  }

  // In a session of its own.
  Generation Answer(std::span<const TokenId> prompt, const GenerateOptions& options) {
    return Answer(*engine_->NewSession(), prompt, options);
  }
  Generation Answer(Session& session, std::span<const TokenId> prompt,
                    const GenerateOptions& options) {
    auto answer = Generate(*engine_, session, prompt, options);
    if (!answer) {
      ADD_FAILURE() << answer.error().message();
      return {};
    }
    return *std::move(answer);
  }

  std::unique_ptr<Engine> engine_ = LoadTinyModel();
  const std::vector<TokenId> prompt_ = Encode("the end of the world is on ");
};

TEST_F(GenerateTest, ContinuesWithTheLikeliestTokens) {
  const Generation answer = Answer(prompt_, Greedy(12));
  EXPECT_EQ(answer.finish, FinishReason::kLength);
  EXPECT_EQ(answer.prompt_tokens, prompt_.size());

  const auto session = engine_->NewSession();
  std::vector<TokenId> expected;
  std::vector<TokenId> next = prompt_;
  while (expected.size() < 12) {
    const std::span<const float> logits = *engine_->Prefill(*session, next);
    const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
    next = {static_cast<TokenId>(best)};
    expected.push_back(next[0]);
  }
  EXPECT_EQ(answer.tokens, expected);
}

TEST_F(GenerateTest, StreamsTheTextInWholeCharacters) {
  GenerateOptions options = Greedy(30);
  std::string streamed;
  options.on_text = [&](std::string_view piece) {
    EXPECT_TRUE(IsValidUtf8(piece));
    EXPECT_FALSE(piece.empty());
    streamed += piece;
    return true;
  };
  const Generation answer = Answer(prompt_, options);
  EXPECT_EQ(streamed, answer.text);
  StreamDecoder decoder(engine_->tokenizer(), {.continues_text = true});
  std::string decoded;
  for (const TokenId token : answer.tokens) decoded += decoder.Push(token);
  EXPECT_EQ(answer.text, decoded + decoder.Finish());
}

TEST_F(GenerateTest, ReusesWhatTheSessionHolds) {
  const auto session = engine_->NewSession();
  const Generation first = Answer(*session, prompt_, Greedy(8));
  EXPECT_EQ(first.timing.prefill_tokens, prompt_.size());
  EXPECT_EQ(session->length(), prompt_.size() + 7) << "the last token has not been computed";

  std::vector<TokenId> longer = prompt_;
  longer.insert(longer.end(), first.tokens.begin(), first.tokens.end());
  for (const TokenId token : Encode(" and then")) longer.push_back(token);
  const Generation second = Answer(*session, longer, Greedy(8));
  EXPECT_EQ(second.timing.prefill_tokens, longer.size() - (prompt_.size() + 7));
  EXPECT_EQ(second.tokens, Answer(longer, Greedy(8)).tokens);

  std::vector<TokenId> other = prompt_;
  other[5] = other[5] == 40 ? 41 : 40;
  const Generation third = Answer(*session, other, Greedy(8));
  EXPECT_EQ(third.timing.prefill_tokens, other.size() - 5);
  EXPECT_EQ(third.tokens, Answer(other, Greedy(8)).tokens);

  // Of a prompt that is held as a whole, the last token is computed again.
  const Generation fourth = Answer(*session, other, Greedy(8));
  EXPECT_EQ(fourth.timing.prefill_tokens, 1u);
  EXPECT_EQ(fourth.tokens, third.tokens);
}

TEST_F(GenerateTest, StopStringsEndTheAnswerAndAreNoPartOfIt) {
  const std::string text = Answer(prompt_, Greedy(30)).text;
  ASSERT_GT(text.size(), 20u);
  // The stop begins and ends inside the text wherever its characters allow.
  for (size_t begin = 0; begin < text.size(); ++begin) {
    const std::string stop = text.substr(begin, 5);
    if (!IsValidUtf8(stop)) continue;
    GenerateOptions options = Greedy(30);
    options.stop = {"never", stop};
    std::string streamed;
    options.on_text = [&](std::string_view piece) {
      streamed += piece;
      return true;
    };
    const Generation answer = Answer(prompt_, options);
    EXPECT_EQ(answer.finish, FinishReason::kStop);
    EXPECT_EQ(answer.text, text.substr(0, text.find(stop)));
    EXPECT_EQ(streamed, answer.text);
  }
}

TEST_F(GenerateTest, AWithheldBeginningOfAStopIsTextInTheEnd) {
  const std::string text = Answer(prompt_, Greedy(12)).text;
  GenerateOptions options = Greedy(12);
  options.stop = {text + "!"};
  EXPECT_EQ(Answer(prompt_, options).text, text);
}

TEST_F(GenerateTest, FillsTheContextAndNoMore) {
  const uint32_t context = engine_->info().context;
  std::vector<TokenId> prompt(context, 40);
  GenerateOptions options = Greedy();
  options.ignore_end = true;
  const Generation one = Answer(prompt, options);
  EXPECT_EQ(one.finish, FinishReason::kContext);
  EXPECT_EQ(one.tokens.size(), 1u);

  prompt.resize(context - 10);
  const Generation eleven = Answer(prompt, options);
  EXPECT_EQ(eleven.finish, FinishReason::kContext);
  EXPECT_EQ(eleven.tokens.size(), 11u);

  prompt.resize(context + 1, 40);
  const auto session = engine_->NewSession();
  const auto none = Generate(*engine_, *session, prompt, options);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), ErrorCode::kTooLarge);
  EXPECT_EQ(none.error().message(),
            Cat("the prompt has ", context + 1, " tokens, but the context holds ", context,
                "; shorten it, or load the model with a longer context"));
}

TEST_F(GenerateTest, LongPromptsAreComputedInPieces) {
  EngineOptions longer;
  longer.context = 2000;
  const auto engine = LoadTinyModel(longer);
  std::vector<TokenId> prompt;
  while (prompt.size() < 1500) prompt.insert(prompt.end(), prompt_.begin(), prompt_.end());
  const auto session = engine->NewSession();
  const auto answer = Generate(*engine, *session, prompt, Greedy(4));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->timing.prefill_tokens, prompt.size());

  const auto whole = engine->NewSession();
  const std::span<const float> logits = *engine->Prefill(*whole, prompt);
  EXPECT_EQ(answer->tokens[0], std::max_element(logits.begin(), logits.end()) - logits.begin());
}

// At a temperature that makes all tokens about as likely, the end comes by chance.
TEST_F(GenerateTest, TheModelEndsItsAnswer) {
  GenerateOptions options;
  options.sampling = {.temperature = 1000, .top_k = 0, .top_p = 1, .min_p = 0};
  Generation ended;
  for (options.sampling.seed = 0; options.sampling.seed < 200; ++options.sampling.seed) {
    ended = Answer(prompt_, options);
    if (ended.finish == FinishReason::kEnd && ended.tokens.size() > 2) break;
  }
  ASSERT_EQ(ended.finish, FinishReason::kEnd);
  for (const TokenId token : ended.tokens) {
    EXPECT_FALSE(engine_->tokenizer().IsEndOfGeneration(token));
  }

  options.ignore_end = true;
  options.render_special = true;
  const Generation went_on = Answer(prompt_, options);
  ASSERT_GT(went_on.tokens.size(), ended.tokens.size());
  const TokenId end = went_on.tokens[ended.tokens.size()];
  EXPECT_TRUE(engine_->tokenizer().IsEndOfGeneration(end));
  EXPECT_NE(went_on.text.find(engine_->tokenizer().TokenText(end)), std::string::npos);
}

TEST_F(GenerateTest, TheCallerCancels) {
  std::atomic<bool> cancel = true;
  GenerateOptions options = Greedy(20);
  options.cancel = &cancel;
  const auto session = engine_->NewSession();
  const Generation nothing = Answer(*session, prompt_, options);
  EXPECT_EQ(nothing.finish, FinishReason::kCancelled);
  EXPECT_EQ(nothing.timing.prefill_tokens, 0u);
  EXPECT_TRUE(nothing.tokens.empty());
  EXPECT_EQ(session->length(), 0u);

  cancel = false;
  options.on_text = [&](std::string_view) { return !(cancel = true); };
  const Generation by_callback = Answer(prompt_, options);
  EXPECT_EQ(by_callback.finish, FinishReason::kCancelled);

  cancel = false;
  options.on_text = [&](std::string_view) { return cancel = true; };
  const Generation by_flag = Answer(prompt_, options);
  EXPECT_EQ(by_flag.finish, FinishReason::kCancelled);
  EXPECT_EQ(by_flag.tokens, by_callback.tokens);
  EXPECT_EQ(by_flag.text, Answer(prompt_, Greedy(20)).text.substr(0, by_flag.text.size()));
}

TEST_F(GenerateTest, LogprobsComeWithEachToken) {
  GenerateOptions options = Greedy(6);
  options.logprobs = 3;
  const Generation answer = Answer(prompt_, options);
  ASSERT_EQ(answer.logprobs.size(), answer.tokens.size());
  for (size_t i = 0; i < answer.tokens.size(); ++i) {
    const std::vector<TokenLogprob>& row = answer.logprobs[i];
    ASSERT_EQ(row.size(), 4u);
    EXPECT_EQ(row[0].token, answer.tokens[i]);
    EXPECT_EQ(row[1].token, answer.tokens[i]) << "greedy takes the likeliest";
    EXPECT_LE(row[0].logprob, 0);
    EXPECT_GE(row[1].logprob, row[2].logprob);
  }
}

TEST_F(GenerateTest, NoTokensAtAll) {
  const Generation answer = Answer(prompt_, Greedy(0));
  EXPECT_EQ(answer.finish, FinishReason::kLength);
  EXPECT_TRUE(answer.tokens.empty());
  EXPECT_EQ(answer.timing.decode_tokens_per_second(), 0);
}

TEST_F(GenerateTest, CountsAndTimes) {
  const Generation answer = Answer(prompt_, Greedy(5));
  EXPECT_EQ(answer.timing.prefill_tokens, prompt_.size());
  EXPECT_EQ(answer.timing.decode_tokens, 4u);
  EXPECT_GT(answer.timing.prefill_tokens_per_second(), 0);
  EXPECT_GT(answer.timing.decode_tokens_per_second(), 0);
  EXPECT_GE(answer.timing.time_to_first_token_seconds, answer.timing.prefill_seconds);
}

TEST_F(GenerateTest, RefusesSenselessRequests) {
  const auto session = engine_->NewSession();
  const auto message = [&](std::span<const TokenId> prompt, auto change) {
    GenerateOptions options;
    change(options);
    const auto answer = Generate(*engine_, *session, prompt, options);
    return answer ? "answered" : answer.error().message();
  };
  EXPECT_EQ(message({}, [](auto&) {}), "the prompt has no tokens");
  EXPECT_EQ(message(prompt_, [](auto& o) { o.max_tokens = -2; }),
            "max_tokens is -2; it must be 0 or more, or -1 for no limit");
  EXPECT_EQ(message(prompt_, [](auto& o) { o.stop = {""}; }), "a stop string is empty");
  EXPECT_EQ(message(prompt_, [](auto& o) { o.sampling.top_p = 2; }),
            "top_p is 2; it must be from 0 to 1");
  for (const TokenId outside : {-1, 1 << 30}) {
    EXPECT_NE(message(std::vector<TokenId>{40, outside}, [](auto&) {}), "answered");
  }
  EXPECT_EQ(Answer(*session, prompt_, Greedy(3)).tokens.size(), 3u) << "the session is still good";
}

TEST_F(GenerateTest, SessionsOfSeveralThreadsTakeTurns) {
  EngineOptions threaded;
  threaded.threads = 2;
  engine_ = LoadTinyModel(threaded);
  const std::vector<TokenId> other = Encode("in a small village");
  const std::vector<TokenId> expected[] = {Answer(prompt_, Greedy(5)).tokens,
                                           Answer(other, Greedy(5)).tokens};
  Turns turns;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      std::unique_ptr<Session> session;
      GenerateOptions options = Greedy(5);
      options.turns = &turns;
      {
        const std::lock_guard turn(turns);
        session = engine_->NewSession();
      }
      EXPECT_EQ(Answer(*session, i % 2 == 0 ? prompt_ : other, options).tokens, expected[i % 2]);
      const std::lock_guard turn(turns);
      session.reset();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace ingle
