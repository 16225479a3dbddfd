// all-MiniLM-L6-v2 against transformers: a hundred sentences, their embeddings and their nearest
// neighbours. The environment variable INGLE_TEST_MINILM names the model's folder
// (tools/fetch_minilm.py brings it); without it the tests are skipped.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "../../conformance/golden.h"
#include "engine/embed.h"

namespace ingle {
namespace {

constexpr size_t kWidth = 384;

struct Sentence {
  std::string text;
  std::vector<TokenId> ids;
  std::vector<size_t> nearest;
};

std::vector<Sentence> ReadSentences() {
  std::vector<Sentence> sentences;
  const auto rows = ReadFile(INGLE_SOURCE_DIR "/tests/goldens/minilm/neighbours.json");
  for (const auto& row : nlohmann::json::parse(rows)) {
    sentences.push_back({row["text"], row["ids"], row["nearest"]});
  }
  return sentences;
}

// The sentences nearest to one, the nearest first; vectors have the length 1.
std::vector<size_t> Nearest(const std::vector<float>& vectors, size_t to, size_t count) {
  const auto similarity = [&](size_t i) {
    const auto row = [&](size_t at) {
      return vectors.begin() + static_cast<std::ptrdiff_t>(at * kWidth);
    };
    return std::inner_product(row(i), row(i) + kWidth, row(to), 0.0);
  };
  std::vector<std::pair<double, size_t>> others;
  for (size_t i = 0; i < vectors.size() / kWidth; ++i) {
    if (i != to) others.emplace_back(-similarity(i), i);
  }
  std::sort(others.begin(), others.end());
  std::vector<size_t> nearest;
  for (size_t i = 0; i < count; ++i) nearest.push_back(others[i].second);
  return nearest;
}

class MiniLm : public testing::Test {
 protected:
  void SetUp() override {
    const char* path = std::getenv("INGLE_TEST_MINILM");
    if (path == nullptr) GTEST_SKIP() << "INGLE_TEST_MINILM does not name the model's folder";
    auto engine = Engine::Load(path);
    ASSERT_TRUE(engine) << engine.error().message();
    engine_ = *std::move(engine);
  }

  const std::vector<Sentence> sentences_ = ReadSentences();
  std::unique_ptr<Engine> engine_;
};

TEST_F(MiniLm, ItsFilesSayHowItEmbeds) {
  EXPECT_EQ(engine_->model_info().task, Task::kEmbed);
  EXPECT_EQ(engine_->model_info().pooling, Pooling::kMean);
  EXPECT_FALSE(engine_->model_info().embed_error);
  EXPECT_EQ(LongestText(*engine_), 256u);
}

TEST_F(MiniLm, TextsBecomeTheIdsOfTransformers) {
  for (const Sentence& sentence : sentences_) {
    const auto ids = engine_->tokenizer().Encode(sentence.text);
    ASSERT_TRUE(ids) << ids.error().message();
    EXPECT_EQ(*ids, sentence.ids) << sentence.text;
  }
}

TEST_F(MiniLm, EmbeddingsAndNeighboursAreThoseOfTransformers) {
  std::vector<std::vector<TokenId>> texts;
  for (const Sentence& sentence : sentences_) texts.push_back(sentence.ids);
  const auto vectors = Embed(*engine_, texts, {});
  ASSERT_TRUE(vectors) << vectors.error().message();
  const auto golden = ReadNpy(INGLE_SOURCE_DIR "/tests/goldens/minilm/embeddings.npy");
  EXPECT_LE(RelativeError(*vectors, golden, kWidth), 1e-4f);
  for (size_t i = 0; i < sentences_.size(); ++i) {
    EXPECT_EQ(Nearest(*vectors, i, sentences_[i].nearest.size()), sentences_[i].nearest) << i;
  }
}

}  // namespace
}  // namespace ingle
