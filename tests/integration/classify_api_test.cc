// Labels through the public interface, against what transformers computes.

#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "ingle/ingle.hpp"

namespace {

using Tokens = std::vector<ingle::Token>;

const std::string kCheckpoints = INGLE_SOURCE_DIR "/tests/conformance/checkpoints/";

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The list that golden.json names "prompt".
Tokens PromptOf(const std::string& folder) {
  const std::string json = ReadFile(folder + "/golden.json");
  std::istringstream list(json.substr(json.find('[', json.find("\"prompt\"")) + 1));
  Tokens prompt;
  for (ingle::Token token; list >> token; list.ignore(1)) prompt.push_back(token);
  return prompt;
}

// The logits, row by row as probabilities.
std::vector<float> Golden(const std::string& folder, size_t labels) {
  const std::string npy = ReadFile(folder + "/golden.npy");
  uint16_t header = 0;
  std::memcpy(&header, npy.data() + 8, sizeof(header));
  std::vector<float> rows((npy.size() - 10 - header) / sizeof(float));
  std::memcpy(rows.data(), npy.data() + 10 + header, rows.size() * sizeof(float));
  for (size_t row = 0; row < rows.size(); row += labels) {
    float sum = 0;
    for (size_t i = row; i < row + labels; ++i) sum += std::exp(rows[i]);
    for (size_t i = row; i < row + labels; ++i) rows[i] = std::exp(rows[i]) / sum;
  }
  return rows;
}

void ExpectNear(const std::vector<float>& got, const std::vector<float>& want) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], 2e-5) << i;
}

TEST(CApi, ClassifiesTextsAndTokensAsTransformersDoes) {
  for (const char* name : {"bert_sequence", "bert_tokens"}) {
    const std::string folder = kCheckpoints + name;
    const bool of_tokens = folder.ends_with("tokens");
    const ingle::Model model(folder);
    EXPECT_EQ(ingle_model_label_count(model.get()), 5u);
    EXPECT_STREQ(ingle_model_label(model.get(), 4), "LABEL_4");
    EXPECT_STREQ(ingle_model_label(model.get(), 5), "");
    EXPECT_EQ(ingle_model_labels_tokens(model.get()), of_tokens);

    // The prompt between two other texts.
    const Tokens prompt = PromptOf(folder);
    Tokens tokens = {5, 6, 7};
    tokens.insert(tokens.end(), prompt.begin(), prompt.end());
    tokens.push_back(9);
    const size_t counts[] = {3, prompt.size(), 1};
    std::vector<float> rows((of_tokens ? tokens.size() : 3) * 5);
    ASSERT_EQ(ingle_classify(model.get(), tokens.data(), counts, 3, rows.data()), INGLE_OK)
        << ingle_last_error();
    const std::vector<float> want = Golden(folder, 5);
    const auto first = rows.begin() + (of_tokens ? 3 : 1) * 5;
    const std::vector<float> of_prompt(first, first + static_cast<ptrdiff_t>(want.size()));
    ExpectNear(of_prompt, want);
    EXPECT_EQ(model.Classify({{5, 6, 7}, prompt, {9}})[1], of_prompt);
  }
}

TEST(CApi, ClassifyNamesWhatIsWrong) {
  const ingle::Model model(kCheckpoints + "bert_sequence");
  const Tokens tokens(200, 5);
  size_t count = 3;
  std::vector<float> row(5);
  const auto expect = [&](ingle_status status, const char* part, ingle_status expected) {
    EXPECT_EQ(status, expected);
    EXPECT_NE(std::string(ingle_last_error()).find(part), std::string::npos) << ingle_last_error();
  };
  ingle_model* m = model.get();
  expect(ingle_classify(nullptr, tokens.data(), &count, 1, row.data()), "model",
         INGLE_INVALID_ARGUMENT);
  expect(ingle_classify(m, nullptr, &count, 1, row.data()), "tokens", INGLE_INVALID_ARGUMENT);
  expect(ingle_classify(m, tokens.data(), nullptr, 1, row.data()), "counts",
         INGLE_INVALID_ARGUMENT);
  expect(ingle_classify(m, tokens.data(), &count, 1, nullptr), "probabilities",
         INGLE_INVALID_ARGUMENT);
  count = 0;
  expect(ingle_classify(m, tokens.data(), &count, 1, row.data()), "no tokens",
         INGLE_INVALID_ARGUMENT);
  count = 200;
  expect(ingle_classify(m, tokens.data(), &count, 1, row.data()), "200 tokens", INGLE_TOO_LARGE);
  EXPECT_EQ(ingle_classify(m, nullptr, nullptr, 0, nullptr), INGLE_OK);

  const ingle::Model embeds(kCheckpoints + "bert_plain");
  count = 3;
  expect(ingle_classify(embeds.get(), tokens.data(), &count, 1, row.data()), "no labels",
         INGLE_UNSUPPORTED);
  EXPECT_EQ(ingle_model_label_count(embeds.get()), 0u);
  EXPECT_EQ(ingle_model_label_count(nullptr), 0u);
  EXPECT_STREQ(ingle_model_label(nullptr, 0), "");
  EXPECT_FALSE(ingle_model_labels_tokens(nullptr));
}

TEST(CppApi, ThreadsClassifyWithOneModel) {
  const ingle::Model model(kCheckpoints + "bert_tokens");
  EXPECT_EQ(model.labels().size(), 5u);
  EXPECT_TRUE(model.labels_tokens());
  const std::vector<Tokens> texts = {{5, 6, 7, 8}, {9}};
  const auto want = model.Classify(texts);
  ASSERT_EQ(want.size(), 2u);
  EXPECT_EQ(want[0].size(), 20u);
  std::vector<std::thread> threads;
  std::vector<std::vector<std::vector<float>>> results(3);
  for (auto& result : results) threads.emplace_back([&] { result = model.Classify(texts); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : results) EXPECT_EQ(result, want);
  EXPECT_TRUE(model.Classify({}).empty());
}

}  // namespace
