// The public interface, ingle.h and ingle.hpp, as a program of somebody else's meets it: this file
// sees no other header of Ingle's, and links the shared library.

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "ingle/ingle.hpp"

namespace {

const std::string kTinyModel = INGLE_SOURCE_DIR "/tests/conformance/llama/plain.gguf";
constexpr std::string_view kPrompt = "the end of the world is on ";

ingle::Model TinyModel() {
  ingle::ModelOptions options;
  options.threads = 1;
  return ingle::Model(kTinyModel, options);
}

ingle::GenerateOptions Greedy(int max_tokens) {
  ingle::GenerateOptions options;
  options.temperature = 0;
  options.max_tokens = max_tokens;
  return options;
}

// The sentence that a failing call leaves behind.
template <class Call>
std::string Failure(ingle_status expected, const Call& call) {
  try {
    call();
  } catch (const ingle::Error& error) {
    EXPECT_EQ(error.status(), expected) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "did not fail";
  return "";
}

// ---- The C interface
// -----------------------------------------------------------------------------

TEST(CApi, LoadsTokenizesGeneratesAndFrees) {
  ingle_model* model = nullptr;
  ASSERT_EQ(ingle_model_load(kTinyModel.c_str(), nullptr, &model), INGLE_OK) << ingle_last_error();
  EXPECT_STREQ(ingle_model_architecture(model), "llama");
  EXPECT_EQ(ingle_model_context(model), 80u);
  EXPECT_EQ(ingle_model_vocabulary(model), 323u);

  size_t count = 0;
  ASSERT_EQ(
      ingle_tokenize(model, kPrompt.data(), kPrompt.size(), INGLE_ADD_SPECIAL, nullptr, 0, &count),
      INGLE_OK);
  std::vector<ingle_token> tokens(count, -7);
  ASSERT_EQ(ingle_tokenize(model, kPrompt.data(), kPrompt.size(), INGLE_ADD_SPECIAL, tokens.data(),
                           count - 1, &count),
            INGLE_OK);
  EXPECT_EQ(count, tokens.size());
  EXPECT_EQ(tokens.back(), -7) << "no more than the capacity is written";
  ASSERT_EQ(ingle_tokenize(model, kPrompt.data(), kPrompt.size(), INGLE_ADD_SPECIAL, tokens.data(),
                           count, &count),
            INGLE_OK);

  std::string text(200, '\0');
  size_t length = 0;
  ASSERT_EQ(ingle_detokenize(model, tokens.data(), count, 0, text.data(), text.size(), &length),
            INGLE_OK);
  EXPECT_EQ(text.substr(0, length), kPrompt);

  ingle_session* session = nullptr;
  ASSERT_EQ(ingle_session_new(model, &session), INGLE_OK);
  ingle_generate_options options = INGLE_GENERATE_OPTIONS_DEFAULT;
  options.max_tokens = 9;
  std::string streamed;
  options.on_text = [](const char* piece, size_t size, void* user) {
    static_cast<std::string*>(user)->append(piece, size);
    return true;
  };
  options.user = &streamed;
  const ingle_generation* answer = nullptr;
  ASSERT_EQ(ingle_generate(session, tokens.data(), count, &options, &answer), INGLE_OK)
      << ingle_last_error();
  EXPECT_EQ(answer->finish, INGLE_FINISH_LENGTH);
  EXPECT_EQ(answer->token_count, 9u);
  EXPECT_EQ(answer->prompt_tokens, count);
  EXPECT_EQ(answer->prefill_tokens, count);
  EXPECT_EQ(streamed, std::string(answer->text, answer->text_length));
  EXPECT_EQ(answer->text[answer->text_length], '\0');
  EXPECT_GT(answer->prefill_tokens_per_second, 0);
  EXPECT_GT(answer->decode_tokens_per_second, 0);
  EXPECT_GT(answer->time_to_first_token_ms, 0);

  ingle_session_free(session);
  ingle_model_free(model);
}

TEST(CApi, TakesNullWhereverItMay) {
  ingle_model_free(nullptr);
  ingle_session_free(nullptr);
  ingle_session_cancel(nullptr);
  EXPECT_EQ(ingle_model_context(nullptr), 0u);
  EXPECT_EQ(ingle_model_vocabulary(nullptr), 0u);
  EXPECT_STREQ(ingle_model_name(nullptr), "");
  EXPECT_STREQ(ingle_model_architecture(nullptr), "");
  EXPECT_FALSE(ingle_token_ends(nullptr, 0));

  const ingle::Model model = TinyModel();
  const ingle::Session session(model);
  const ingle_token token = 40;
  EXPECT_EQ(ingle_generate(session.get(), &token, 1, nullptr, nullptr), INGLE_OK);
  size_t count = 99;
  EXPECT_EQ(ingle_tokenize(model.get(), nullptr, 0, 0, nullptr, 0, &count), INGLE_OK);
  EXPECT_EQ(count, 0u);
}

TEST(CApi, NamesTheArgumentThatIsWrong) {
  const ingle::Model model = TinyModel();
  const ingle::Session session(model);
  ingle_model* out_model = nullptr;
  ingle_session* out_session = nullptr;
  size_t count = 0;
  const ingle_token token = 40;
  const char* const hello = "hello";
  const auto expect = [](ingle_status status, const char* message) {
    EXPECT_EQ(status, INGLE_INVALID_ARGUMENT);
    EXPECT_STREQ(ingle_last_error(), message);
  };
  expect(ingle_model_load(nullptr, nullptr, &out_model), "path is NULL");
  expect(ingle_model_load(kTinyModel.c_str(), nullptr, nullptr), "model is NULL");
  expect(ingle_session_new(nullptr, &out_session), "model is NULL");
  expect(ingle_session_new(model.get(), nullptr), "session is NULL");
  expect(ingle_tokenize(nullptr, hello, 5, 0, nullptr, 0, &count), "model is NULL");
  expect(ingle_tokenize(model.get(), nullptr, 5, 0, nullptr, 0, &count),
         "text is NULL, but its length is 5");
  expect(ingle_tokenize(model.get(), hello, 5, 0, nullptr, 5, &count),
         "tokens is NULL, but its length is 5");
  expect(ingle_tokenize(model.get(), hello, 5, 0, nullptr, 0, nullptr), "count is NULL");
  expect(ingle_tokenize(model.get(), hello, 5, 12, nullptr, 0, &count),
         "flags has bits that mean nothing: 12");
  EXPECT_EQ(ingle_tokenize(model.get(), hello, SIZE_MAX, 0, nullptr, 0, &count),
            INGLE_INVALID_ARGUMENT);
  expect(ingle_detokenize(model.get(), nullptr, 1, 0, nullptr, 0, &count),
         "tokens is NULL, but its length is 1");
  EXPECT_EQ(ingle_detokenize(model.get(), &token, SIZE_MAX, 0, nullptr, 0, &count),
            INGLE_INVALID_ARGUMENT);
  expect(ingle_render_chat(model.get(), nullptr, 3, nullptr, 0, &count),
         "input is NULL, but its length is 3");
  expect(ingle_generate(nullptr, &token, 1, nullptr, nullptr), "session is NULL");
  expect(ingle_generate(session.get(), nullptr, 1, nullptr, nullptr), "prompt is NULL");
  expect(ingle_generate(session.get(), &token, 0, nullptr, nullptr), "the prompt has no tokens");
  EXPECT_EQ(ingle_generate(session.get(), &token, SIZE_MAX, nullptr, nullptr), INGLE_TOO_LARGE);

  ingle_generate_options options = INGLE_GENERATE_OPTIONS_DEFAULT;
  options.stop_count = 1;
  expect(ingle_generate(session.get(), &token, 1, &options, nullptr), "stop is NULL");
  const char* const stops[] = {"a", nullptr};
  options.stop = stops;
  options.stop_count = 2;
  expect(ingle_generate(session.get(), &token, 1, &options, nullptr), "stop[1] is NULL");
  options.stop_count = SIZE_MAX;
  EXPECT_EQ(ingle_generate(session.get(), &token, 1, &options, nullptr), INGLE_INVALID_ARGUMENT);
}

TEST(CApi, ErrorsBelongToTheirThread) {
  EXPECT_EQ(ingle_model_load(nullptr, nullptr, nullptr), INGLE_INVALID_ARGUMENT);
  std::thread([] { EXPECT_STREQ(ingle_last_error(), ""); }).join();
  EXPECT_STREQ(ingle_last_error(), "path is NULL");
}

TEST(CApi, OptionsTellTheirVersionByTheirSize) {
  ingle_model_options options = INGLE_MODEL_OPTIONS_DEFAULT;
  ingle_model* model = nullptr;
  const size_t first_size = offsetof(ingle_model_options, cache_type);  // of the first version
  for (const size_t size : {size_t{0}, size_t{1}, first_size - 1}) {
    options.size = size;
    EXPECT_EQ(ingle_model_load(kTinyModel.c_str(), &options, &model), INGLE_INVALID_ARGUMENT);
  }
  for (const size_t size : {sizeof(options) + 8, SIZE_MAX}) {
    options.size = size;
    EXPECT_EQ(ingle_model_load(kTinyModel.c_str(), &options, &model), INGLE_UNSUPPORTED);
  }
  options = INGLE_MODEL_OPTIONS_DEFAULT;
  options.device = 77;
  EXPECT_EQ(ingle_model_load(kTinyModel.c_str(), &options, &model), INGLE_INVALID_ARGUMENT);
  options = INGLE_MODEL_OPTIONS_DEFAULT;
  options.threads = -1;
  EXPECT_EQ(ingle_model_load(kTinyModel.c_str(), &options, &model), INGLE_INVALID_ARGUMENT);
  options = INGLE_MODEL_OPTIONS_DEFAULT;
  options.cache_type = 77;
  EXPECT_EQ(ingle_model_load(kTinyModel.c_str(), &options, &model), INGLE_INVALID_ARGUMENT);
  options = INGLE_MODEL_OPTIONS_DEFAULT;
  options.draft = "there is no such model";
  EXPECT_EQ(ingle_model_load(kTinyModel.c_str(), &options, &model), INGLE_NOT_FOUND);
  EXPECT_EQ(model, nullptr);
  options.size = first_size;  // what lies beyond is not read
  EXPECT_EQ(ingle_model_load(kTinyModel.c_str(), &options, &model), INGLE_OK);
  ingle_model_free(model);
}

TEST(CApi, AModelKeepsToItsLimitOfMemory) {
  ingle_model_options options = INGLE_MODEL_OPTIONS_DEFAULT;
  options.context = 1u << 20;
  options.memory_limit = 10'000'000;
  ingle_model* model = nullptr;
  EXPECT_EQ(ingle_model_load(kTinyModel.c_str(), &options, &model), INGLE_OUT_OF_MEMORY);
  EXPECT_NE(std::string(ingle_last_error()).find("10000000 are available; a context of "),
            std::string::npos);
  options.fit_context = true;
  ASSERT_EQ(ingle_model_load(kTinyModel.c_str(), &options, &model), INGLE_OK);
  const uint32_t of_one = ingle_model_context(model);
  EXPECT_LT(of_one, 1u << 20);
  ingle_model_free(model);

  options.sessions = 4;
  ASSERT_EQ(ingle_model_load(kTinyModel.c_str(), &options, &model), INGLE_OK);
  EXPECT_LT(ingle_model_context(model), of_one / 2);
  ingle_model_free(model);
}

TEST(CApi, ADraftModelHasWhatTheModelLeaves) {
  const auto load = [](uint64_t limit, const char* draft) {
    ingle_model_options options = INGLE_MODEL_OPTIONS_DEFAULT;
    options.context = 64;
    options.memory_limit = limit;
    options.draft = draft;
    ingle_model* model = nullptr;
    const ingle_status status = ingle_model_load(kTinyModel.c_str(), &options, &model);
    ingle_model_free(model);
    return status;
  };
  uint64_t limit = 1000;
  while (load(limit, nullptr) != INGLE_OK) limit += limit / 4;
  EXPECT_EQ(load(limit, kTinyModel.c_str()), INGLE_OUT_OF_MEMORY);
  EXPECT_EQ(load(2 * limit, kTinyModel.c_str()), INGLE_OK);
  EXPECT_EQ(load(INGLE_MEMORY_AVAILABLE, kTinyModel.c_str()), INGLE_OK);
}

// Options of before there was speculation, and of any kind of it, give the same answer.
TEST(CApi, GuessesDoNotChangeAnswers) {
  ingle::ModelOptions options;
  options.draft = kTinyModel;
  const ingle::Model model(kTinyModel, options);
  const std::vector<ingle::Token> prompt = model.Tokenize("the end of the world");
  ingle::GenerateOptions generate;
  generate.max_tokens = 20;
  generate.speculation = INGLE_SPECULATE_OFF;
  ingle::Session session(model);
  const ingle::Generation plain = session.Generate(prompt, generate);
  EXPECT_EQ(plain.guessed_tokens, 0u);
  generate.speculation = INGLE_SPECULATE_ALWAYS;
  const ingle::Generation guessed = session.Generate(prompt, generate);
  EXPECT_EQ(guessed.tokens, plain.tokens);
  EXPECT_GT(guessed.guessed_tokens, 10u);
  EXPECT_EQ(guessed.right_guesses, guessed.guessed_tokens) << "the model drafts for itself";

  ingle_generate_options old = INGLE_GENERATE_OPTIONS_DEFAULT;
  old.size = offsetof(ingle_generate_options, speculation);
  old.max_tokens = 20;
  old.speculation = 77;  // is not read
  const ingle_generation* answer = nullptr;
  ASSERT_EQ(ingle_generate(session.get(), prompt.data(), prompt.size(), &old, &answer), INGLE_OK);
  EXPECT_EQ(std::vector<ingle::Token>(answer->tokens, answer->tokens + answer->token_count),
            plain.tokens);
  old.size = sizeof(old);
  EXPECT_EQ(ingle_generate(session.get(), prompt.data(), prompt.size(), &old, nullptr),
            INGLE_INVALID_ARGUMENT);
  EXPECT_STREQ(ingle_last_error(), "speculation is 77; it must be one of ingle_speculation");
}

TEST(CApi, ASessionOutlivesItsModelsHandle) {
  ingle_model* model = nullptr;
  ASSERT_EQ(ingle_model_load(kTinyModel.c_str(), nullptr, &model), INGLE_OK);
  ingle_session* session = nullptr;
  ASSERT_EQ(ingle_session_new(model, &session), INGLE_OK);
  ingle_model_free(model);
  ingle_generate_options options = INGLE_GENERATE_OPTIONS_DEFAULT;
  options.max_tokens = 2;
  const ingle_token token = 40;
  EXPECT_EQ(ingle_generate(session, &token, 1, &options, nullptr), INGLE_OK);
  ingle_session_free(session);
}

TEST(CApi, ASessionAnswersOnceAtATime) {
  const ingle::Model model = TinyModel();
  const ingle::Session session(model);
  ingle_generate_options options = INGLE_GENERATE_OPTIONS_DEFAULT;
  options.max_tokens = 20;
  options.on_text = [](const char*, size_t, void* user) {
    const ingle_token token = 40;
    const auto again =
        ingle_generate(static_cast<ingle_session*>(user), &token, 1, nullptr, nullptr);
    EXPECT_EQ(again, INGLE_INVALID_ARGUMENT);
    EXPECT_STREQ(ingle_last_error(), "the session is generating already");
    return false;
  };
  options.user = session.get();
  const ingle_token token = 40;
  const ingle_generation* answer = nullptr;
  ASSERT_EQ(ingle_generate(session.get(), &token, 1, &options, &answer), INGLE_OK);
  EXPECT_EQ(answer->finish, INGLE_FINISH_CANCELLED);
}

// Changes one option at random, often to something that makes no sense.
void MakeOdd(ingle_generate_options& options, std::mt19937_64& random) {
  constexpr float kReals[] = {
      0,     0.5f,   1,     -1,       1e-30f,
      1e30f, -1e30f, 3e38f, INFINITY, std::numeric_limits<float>::quiet_NaN()};
  constexpr int32_t kCounts[] = {0, 1, 5, -1, -2, INT32_MAX, INT32_MIN};
  float* const reals[] = {&options.temperature,
                          &options.top_p,
                          &options.min_p,
                          &options.repeat_penalty,
                          &options.presence_penalty,
                          &options.frequency_penalty};
  int32_t* const counts[] = {&options.top_k, &options.penalty_window};
  options.seed = random();
  if (random() % 4 == 0) {
    *counts[random() % std::size(counts)] = kCounts[random() % std::size(kCounts)];
  } else {
    *reals[random() % std::size(reals)] = kReals[random() % std::size(kReals)];
  }
}

// Whatever the options are, a call answers or explains itself, and the session stays good.
TEST(CApi, SurvivesAnyOptions) {
  const ingle::Model model = TinyModel();
  const ingle::Session session(model);
  const std::vector<ingle_token> prompt = model.Tokenize("a b");
  std::mt19937_64 random(1);
  int answered = 0;
  constexpr int kRounds = 600;
  for (int i = 0; i < kRounds; ++i) {
    ingle_generate_options options = INGLE_GENERATE_OPTIONS_DEFAULT;
    options.max_tokens = 3;
    for (uint64_t odd = 1 + random() % 3; odd > 0; --odd) MakeOdd(options, random);
    const ingle_generation* answer = nullptr;
    const ingle_status status =
        ingle_generate(session.get(), prompt.data(), prompt.size(), &options, &answer);
    if (status == INGLE_OK) {
      ++answered;
      EXPECT_LE(answer->token_count, 3u);
    } else {
      ASSERT_EQ(status, INGLE_INVALID_ARGUMENT) << ingle_last_error();
    }
  }
  EXPECT_GT(answered, kRounds / 5);
  EXPECT_LT(answered, kRounds * 4 / 5);
}

// ---- The C++ interface
// ---------------------------------------------------------------------------

TEST(CppApi, ContinuesAPrompt) {
  const ingle::Model model = TinyModel();
  EXPECT_EQ(model.architecture(), "llama");
  ingle::Session session(model);
  ingle::GenerateOptions options = Greedy(10);
  std::string streamed;
  options.on_text = [&](std::string_view piece) {
    streamed += piece;
    return true;
  };
  const ingle::Generation first = session.Generate(model.Tokenize(kPrompt), options);
  EXPECT_EQ(first.tokens.size(), 10u);
  EXPECT_EQ(first.text, streamed);
  EXPECT_EQ(first.finish, INGLE_FINISH_LENGTH);

  const ingle::Generation again = session.Generate(model.Tokenize(kPrompt), options);
  EXPECT_EQ(again.tokens, first.tokens);
  EXPECT_EQ(again.prefill_tokens, 1u) << "the session remembers the prompt";

  options.stop = {first.text.substr(0, 1)};
  if (static_cast<unsigned char>(first.text[0]) < 0x80) {
    const ingle::Generation stopped = session.Generate(model.Tokenize(kPrompt), options);
    EXPECT_EQ(stopped.finish, INGLE_FINISH_STOP);
    EXPECT_EQ(stopped.text, "");
  }
}

TEST(CppApi, TheReferenceDeviceSaysTheSame) {
  ingle::ModelOptions options;
  options.device = INGLE_DEVICE_REFERENCE;
  options.threads = 1;
  const ingle::Model reference(kTinyModel, options);
  const ingle::Model model = TinyModel();
  const auto prompt = model.Tokenize(kPrompt);
  EXPECT_EQ(ingle::Session(reference).Generate(prompt, Greedy(10)).tokens,
            ingle::Session(model).Generate(prompt, Greedy(10)).tokens);
}

TEST(CppApi, TokensRoundTrip) {
  const ingle::Model model = TinyModel();
  const std::string text("naïve ✓ text\0 with a zero", 28);
  EXPECT_EQ(model.Detokenize(model.Tokenize(text)), text);
  EXPECT_EQ(model.Detokenize({}), "");
  const auto special = model.Tokenize("<|im_end|>", INGLE_PARSE_SPECIAL);
  ASSERT_EQ(special.size(), 1u);
  EXPECT_TRUE(model.Ends(special[0]));
  EXPECT_EQ(model.Detokenize(special), "");
  EXPECT_EQ(model.Detokenize(special, INGLE_RENDER_SPECIAL), "<|im_end|>");
  EXPECT_GT(model.Tokenize("<|im_end|>").size(), 1u);
}

TEST(CppApi, LaysConversationsOut) {
  const ingle::Model model = TinyModel();
  const std::string odd = "say \"hi\"\\ \n\t\x01 é";
  EXPECT_EQ(model.Detokenize(model.TokenizeChat({{"system", "be brief"}, {"user", odd}}),
                             INGLE_RENDER_SPECIAL),
            "<|im_start|>system\nbe brief<|im_end|>\n<|im_start|>user\n" + odd +
                "<|im_end|>\n<|im_start|>assistant\n");
  EXPECT_EQ(model.RenderChat(R"({"messages": []})"), "");
  Failure(INGLE_CORRUPT, [&] { model.RenderChat("{"); });
  Failure(INGLE_INVALID_ARGUMENT, [&] { model.RenderChat("[1]"); });
  Failure(INGLE_INVALID_ARGUMENT, [&] { model.RenderChat(R"({"messages": [1]})"); });
}

TEST(CppApi, FailuresExplainThemselves) {
  const std::string missing =
      Failure(INGLE_NOT_FOUND, [] { ingle::Model("/nonexistent/model.gguf"); });
  EXPECT_NE(missing.find("/nonexistent/model.gguf"), std::string::npos) << missing;
  const std::string no_model =
      Failure(INGLE_CORRUPT, [] { ingle::Model model(INGLE_SOURCE_DIR "/LICENSE"); });
  EXPECT_NE(no_model.find("LICENSE"), std::string::npos) << no_model;

  const ingle::Model model = TinyModel();
  ingle::Session session(model);
  EXPECT_EQ(Failure(INGLE_TOO_LARGE, [&] { session.Generate(std::vector<ingle::Token>(81, 40)); }),
            "the prompt has 81 tokens, but the context holds 80; shorten it, or load the model "
            "with a longer context");
  Failure(INGLE_INVALID_ARGUMENT, [&] { session.Generate({40, 100000}); });
  Failure(INGLE_INVALID_ARGUMENT, [&] { session.Generate({}); });
  EXPECT_EQ(session.Generate({40}, Greedy(2)).tokens.size(), 2u) << "the session is still good";
}

TEST(CppApi, WhatACallbackThrowsComesOut) {
  const ingle::Model model = TinyModel();
  ingle::Session session(model);
  ingle::GenerateOptions options = Greedy(20);
  options.on_text = [](std::string_view) -> bool { throw std::runtime_error("disk full"); };
  try {
    session.Generate(model.Tokenize(kPrompt), options);
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "disk full");
  }
  EXPECT_EQ(session.Generate({40}, Greedy(2)).tokens.size(), 2u) << "the session is still good";
}

TEST(CppApi, CancelledFromAnotherThread) {
  ingle::ModelOptions longer;
  longer.context = 100000;
  longer.threads = 1;
  const ingle::Model model(kTinyModel, longer);
  ingle::Session session(model);
  ingle::GenerateOptions options = Greedy(-1);
  options.ignore_end = true;
  std::atomic<bool> started = false;
  options.on_text = [&](std::string_view) { return started = true; };
  std::thread canceller([&] {
    while (!started) std::this_thread::yield();
    session.Cancel();
  });
  const ingle::Generation answer = session.Generate(model.Tokenize(kPrompt), options);
  canceller.join();
  EXPECT_EQ(answer.finish, INGLE_FINISH_CANCELLED);
  EXPECT_FALSE(answer.text.empty());
}

TEST(CppApi, ThreadsShareAModel) {
  const ingle::Model model = TinyModel();
  const std::vector<ingle::Token> prompts[] = {model.Tokenize(kPrompt), model.Tokenize("in a ")};
  std::vector<ingle::Token> expected[2];
  for (int i = 0; i < 2; ++i)
    expected[i] = ingle::Session(model).Generate(prompts[i], Greedy(15)).tokens;

  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 3; ++round) {
        ingle::Session session(model);
        EXPECT_EQ(model.Tokenize(kPrompt), prompts[0]);
        EXPECT_EQ(session.Generate(prompts[i], Greedy(15)).tokens, expected[i]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// No session has to wait for the end of another one's answer, not even within the same thread.
TEST(CppApi, OneAnswerMayBeginInsideAnother) {
  const ingle::Model model = TinyModel();
  const std::vector<ingle::Token> prompt = model.Tokenize(kPrompt);
  ingle::Session outer(model), inner(model);
  const std::vector<ingle::Token> expected = outer.Generate(prompt, Greedy(15)).tokens;
  int answers = 0;
  ingle::GenerateOptions options = Greedy(15);
  options.on_text = [&](std::string_view) {
    EXPECT_EQ(inner.Generate(prompt, Greedy(15)).tokens, expected);
    return ++answers > 0;
  };
  EXPECT_EQ(outer.Generate(prompt, options).tokens, expected);
  EXPECT_GT(answers, 1);
}

TEST(CppApi, ModelsAndSessionsMove) {
  ingle::Model model = TinyModel();
  ingle::Session session(model);
  const ingle::Model moved_model = std::move(model);
  ingle::Session moved = std::move(session);
  EXPECT_EQ(moved.Generate({40}, Greedy(2)).tokens.size(), 2u);
}

// The environment variable INGLE_TEST_SMOLLM2 names the default model's file.
TEST(CppApi, TalksToARealModel) {
  const char* path = std::getenv("INGLE_TEST_SMOLLM2");
  if (path == nullptr) GTEST_SKIP() << "INGLE_TEST_SMOLLM2 does not name the model file";
  const ingle::Model model(path);
  EXPECT_EQ(model.context(), 8192u);
  EXPECT_EQ(model.vocabulary(), 49152u);
  ingle::Session session(model);
  EXPECT_EQ(session.Generate(model.Tokenize("The capital of France is"), Greedy(2)).text,
            " Paris.");

  std::vector<ingle::Message> conversation = {{"user", "Why is the sky blue?"}};
  const ingle::Generation first = session.Generate(model.TokenizeChat(conversation), Greedy(8));
  EXPECT_EQ(first.tokens.size(), 8u) << first.text;
  conversation.push_back({"assistant", first.text});
  conversation.push_back({"user", "And at night?"});
  const ingle::Generation second = session.Generate(model.TokenizeChat(conversation), Greedy(8));
  EXPECT_GT(second.prompt_tokens, first.prompt_tokens + 8);
  EXPECT_LT(second.prefill_tokens, 20u) << "the first turn is remembered";
  EXPECT_FALSE(second.text.empty());
}

}  // namespace
