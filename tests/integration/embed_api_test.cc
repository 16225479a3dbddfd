// Embeddings through the public interface, of a model that embeds and of one that generates.

#include <cmath>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "ingle/ingle.hpp"

namespace {

using Tokens = std::vector<ingle::Token>;

const std::string kGenerator = INGLE_SOURCE_DIR "/tests/conformance/llama/plain.gguf";
const std::string kBert = INGLE_SOURCE_DIR "/tests/conformance/checkpoints/bert_plain";

double Length(const std::vector<float>& vector) {
  double squares = 0;
  for (const float x : vector) squares += double{x} * x;
  return std::sqrt(squares);
}

TEST(CApi, EmbedsSeveralTexts) {
  const ingle::Model model(kBert);
  const uint32_t size = ingle_model_embedding_size(model.get());
  ASSERT_EQ(size, 30u);
  const Tokens tokens = {5, 6, 7, 8, 9, 5, 6};
  const size_t counts[] = {3, 2, 2};
  std::vector<float> together(3 * size);
  ASSERT_EQ(ingle_embed(model.get(), tokens.data(), counts, 3, nullptr, together.data()), INGLE_OK)
      << ingle_last_error();
  std::vector<float> alone(size);
  ASSERT_EQ(ingle_embed(model.get(), tokens.data() + 3, counts + 1, 1, nullptr, alone.data()),
            INGLE_OK);
  EXPECT_EQ(std::vector<float>(together.begin() + size, together.begin() + 2 * size), alone);
  EXPECT_NEAR(Length(alone), 1, 1e-6);
}

TEST(CApi, EmbedNamesWhatIsWrong) {
  const ingle::Model model(kBert);
  const Tokens tokens(200, 5);
  size_t count = 3;
  std::vector<float> vector(30);
  const auto expect = [&](ingle_status status, const char* part, ingle_status expected) {
    EXPECT_EQ(status, expected);
    EXPECT_NE(std::string(ingle_last_error()).find(part), std::string::npos) << ingle_last_error();
  };
  ingle_model* m = model.get();
  expect(ingle_embed(nullptr, tokens.data(), &count, 1, nullptr, vector.data()), "model",
         INGLE_INVALID_ARGUMENT);
  expect(ingle_embed(m, nullptr, &count, 1, nullptr, vector.data()), "tokens",
         INGLE_INVALID_ARGUMENT);
  expect(ingle_embed(m, tokens.data(), nullptr, 1, nullptr, vector.data()), "counts",
         INGLE_INVALID_ARGUMENT);
  expect(ingle_embed(m, tokens.data(), &count, 1, nullptr, nullptr), "vectors",
         INGLE_INVALID_ARGUMENT);
  ingle_embed_options options = INGLE_EMBED_OPTIONS_DEFAULT;
  options.pooling = 7;
  expect(ingle_embed(m, tokens.data(), &count, 1, &options, vector.data()), "pooling is 7",
         INGLE_INVALID_ARGUMENT);
  count = 0;
  expect(ingle_embed(m, tokens.data(), &count, 1, nullptr, vector.data()), "no tokens",
         INGLE_INVALID_ARGUMENT);
  count = 200;
  expect(ingle_embed(m, tokens.data(), &count, 1, nullptr, vector.data()), "200 tokens",
         INGLE_TOO_LARGE);
  EXPECT_EQ(ingle_embed(m, nullptr, nullptr, 0, nullptr, nullptr), INGLE_OK);
  EXPECT_EQ(ingle_model_embedding_size(nullptr), 0u);
}

TEST(CppApi, PoolsAsAsked) {
  const ingle::Model model(kBert);
  const Tokens text = {11, 12, 13};
  const auto of = [&](ingle_pooling pooling) { return model.Embed({text}, {pooling, false})[0]; };
  EXPECT_EQ(of(INGLE_POOLING_MODEL), of(INGLE_POOLING_MEAN));
  EXPECT_NE(of(INGLE_POOLING_CLS), of(INGLE_POOLING_LAST));
  EXPECT_GT(Length(of(INGLE_POOLING_CLS)), 1.01);
}

TEST(CppApi, AnEncoderDoesNotGenerate) {
  const ingle::Model model(kBert);
  ingle::Session session(model);
  try {
    session.Generate({5, 6});
    ADD_FAILURE() << "it did";
  } catch (const ingle::Error& error) {
    EXPECT_EQ(error.status(), INGLE_UNSUPPORTED);
  }
}

// While one thread generates, others embed with the same model: each gets what it would alone.
TEST(CppApi, EmbedsWhileItGenerates) {
  const ingle::Model model(kGenerator);
  const Tokens prompt = model.Tokenize("the end of the world");
  ingle::GenerateOptions options;
  options.temperature = 0;
  options.max_tokens = 20;
  const std::string text = ingle::Session(model).Generate(prompt, options).text;
  const auto vectors = model.Embed({prompt, {7, 8, 9}});
  std::string other_text;
  std::thread generating(
      [&] { other_text = ingle::Session(model).Generate(prompt, options).text; });
  std::vector<std::thread> embedding;
  std::vector<std::vector<std::vector<float>>> results(3);
  for (auto& result : results) {
    embedding.emplace_back([&] { result = model.Embed({prompt, {7, 8, 9}}); });
  }
  generating.join();
  for (std::thread& thread : embedding) thread.join();
  EXPECT_EQ(other_text, text);
  for (const auto& result : results) EXPECT_EQ(result, vectors);
}

}  // namespace
