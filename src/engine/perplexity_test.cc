#include "engine/perplexity.h"

#include <cmath>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "engine/tiny_model_testing.h"
#include "formats/gguf/gguf_file.h"
#include "formats/gguf/gguf_writer.h"

namespace ingle {
namespace {

constexpr char kText[] =
    "In the beginning there was a small village by the sea, and the people of the village were "
    "on the whole content. They had fish, bread and the company of each other; what more is there "
    "to want? Then one morning, a stranger came over the hill.";

// The definition, with the whole chunk's logits and nothing clever.
Perplexity Naive(Engine& engine, std::string_view text, uint32_t context, bool bos) {
  const std::vector<TokenId> tokens = *engine.tokenizer().Encode(text);
  const size_t vocabulary = engine.model_info().vocabulary;
  std::vector<double> scores;
  Perplexity result;
  for (size_t start = 0; start + context <= tokens.size(); start += context) {
    std::vector<TokenId> chunk(tokens.begin() + start, tokens.begin() + start + context);
    if (bos) chunk[0] = *engine.tokenizer().bos();
    const auto session = engine.NewSession();
    const StepItem item{session.get(), chunk, StepItem::Logits::kAll};
    const std::span<const float> logits = *engine.Step({&item, 1});
    for (size_t i = context / 2; i + 1 < context; ++i) {
      const auto row = logits.subspan(i * vocabulary, vocabulary);
      double total = 0;
      for (const float logit : row) total += std::exp(double{logit});
      scores.push_back(std::log(total) - row[static_cast<size_t>(chunk[i + 1])]);
    }
    ++result.chunks;
  }
  double mean = 0, variance = 0;
  const auto count = static_cast<double>(scores.size());
  for (const double score : scores) mean += score / count;
  for (const double score : scores) variance += (score - mean) * (score - mean) / count;
  result.scored_tokens = scores.size();
  result.perplexity = std::exp(mean);
  result.error = result.perplexity * std::sqrt(variance / (count - 1));
  return result;
}

void ExpectSame(const Result<Perplexity>& measured, const Perplexity& expected) {
  ASSERT_TRUE(measured) << measured.error().message();
  EXPECT_NEAR(measured->perplexity, expected.perplexity, 1e-9 * expected.perplexity);
  EXPECT_NEAR(measured->error, expected.error, 1e-6 * expected.error);
  EXPECT_EQ(measured->chunks, expected.chunks);
  EXPECT_EQ(measured->scored_tokens, expected.scored_tokens);
}

TEST(Perplexity, IsWhatItsDefinitionSays) {
  const auto engine = LoadTinyModel();
  for (const uint32_t context : {3u, 4u, 17u, 32u, 80u}) {
    SCOPED_TRACE(context);
    ExpectSame(MeasurePerplexity(*engine, kText, {.context = context}),
               Naive(*engine, kText, context, false));
  }
}

TEST(Perplexity, DoesNotDependOnTheBatch) {
  const auto engine = LoadTinyModel();
  EngineOptions options;
  options.batch_tokens = 7;
  const auto small = LoadTinyModel(options);
  ExpectSame(MeasurePerplexity(*small, kText, {.context = 32}), Naive(*engine, kText, 32, false));
}

TEST(Perplexity, TellsAfterEachChunkAndStopsEarly) {
  const auto engine = LoadTinyModel();
  std::vector<uint32_t> seen;
  double latest = 0;
  const auto measured = MeasurePerplexity(
      *engine, kText,
      {.context = 16, .chunks = 3, .on_chunk = [&](uint32_t done, uint32_t total, double figure) {
         seen.push_back(done);
         latest = figure;
         EXPECT_EQ(total, 3u);
       }});
  ASSERT_TRUE(measured);
  EXPECT_EQ(seen, (std::vector<uint32_t>{1, 2, 3}));
  EXPECT_EQ(latest, measured->perplexity);
  EXPECT_EQ(measured->scored_tokens, 3u * 7);
}

TEST(Perplexity, RefusesWhatCannotBeScored) {
  const auto engine = LoadTinyModel();
  const auto message = [&](std::string_view text, uint32_t context) {
    const auto measured = MeasurePerplexity(*engine, text, {.context = context});
    return measured ? "measured" : measured.error().message();
  };
  EXPECT_EQ(message("abc", 16), "the text has 3 tokens, which is less than one chunk of 16");
  EXPECT_EQ(message("", 16), "the text has 0 tokens, which is less than one chunk of 16");
  EXPECT_EQ(message(kText, 2), "chunks of 2 tokens leave none to score; 3 is the least");
  EXPECT_EQ(message(kText, 81), "chunks of 81 tokens do not fit the model's context of 80");
}

// The same model, saying that it wants BOS.
class BosModel {
 public:
  BosModel() {
    const auto file = OpenGguf(kTinyModel);
    GgufHeader header;
    std::vector<Bytes> data;
    for (const GgufField& field : file->fields()) header.Set(field.key, field.value);
    header.SetBool("tokenizer.ggml.add_bos_token", true);
    for (const GgufTensor& tensor : file->tensors()) {
      header.AddTensor(tensor.name, DType::kF32, tensor.shape);
      data.emplace_back(tensor.data, tensor.bytes);
    }
    const auto bytes = EncodeGguf(header, data);
    std::ofstream(path_, std::ios::binary) << *bytes;
  }
  ~BosModel() { std::filesystem::remove(path_); }

  const std::string& path() const { return path_; }

 private:
  std::string path_ = ::testing::TempDir() + "perplexity_test_bos.gguf";
};

TEST(Perplexity, BosReplacesTheFirstTokenOfEachChunk) {
  const BosModel model;
  EngineOptions options;
  options.threads = 1;
  const auto engine = Engine::Load(model.path(), options);
  ASSERT_TRUE(engine) << engine.error().message();
  ASSERT_TRUE((*engine)->tokenizer().adds_bos());
  const auto measured = MeasurePerplexity(**engine, kText, {.context = 16});
  ExpectSame(measured, Naive(**engine, kText, 16, true));
  EXPECT_GT(std::abs(measured->perplexity - Naive(**engine, kText, 16, false).perplexity), 1e-3);
}

}  // namespace
}  // namespace ingle
