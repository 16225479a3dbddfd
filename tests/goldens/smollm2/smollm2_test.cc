// The default model against transformers: greedy.json, and the first chunks of WikiText-2. The
// environment variable INGLE_TEST_SMOLLM2 names the file; without it the tests are skipped.

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/engine.h"
#include "engine/perplexity.h"

namespace ingle {
namespace {

// Rounding activations to eight bits moves logits, so where the best two are this close the CPU
// device may choose the other.
constexpr double kNearTie = 0.3;

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Case {
  std::string name, prompt, text;
  nlohmann::json messages;  // null where the prompt is raw text
  std::vector<TokenId> prompt_ids, tokens;
  std::vector<double> margins;
};

std::vector<Case> ReadCases() {
  std::vector<Case> cases;
  const auto rows = ReadFile(INGLE_SOURCE_DIR "/tests/goldens/smollm2/greedy.json");
  for (const auto& row : nlohmann::json::parse(rows)) {
    cases.push_back({row["name"], row["prompt"], row["text"],
                     row.value("messages", nlohmann::json()), row["prompt_ids"], row["tokens"],
                     row["margins"]});
  }
  return cases;
}

class Smollm2 : public testing::Test {
 protected:
  void SetUp() override {
    const char* path = std::getenv("INGLE_TEST_SMOLLM2");
    if (path == nullptr) GTEST_SKIP() << "INGLE_TEST_SMOLLM2 does not name the model file";
    path_ = path;
  }

  void Load(DeviceKind device) {
    EngineOptions options;
    options.device = device;
    auto engine = Engine::Load(path_, options);
    ASSERT_TRUE(engine) << engine.error().message();
    engine_ = *std::move(engine);
  }

  // Greedy tokens after prompt, as many as want has; stops at the first that differs.
  std::vector<TokenId> Continue(std::span<const TokenId> prompt, std::span<const TokenId> want) {
    const auto session = engine_->NewSession();
    std::vector<TokenId> next(prompt.begin(), prompt.end()), got;
    for (const TokenId expected : want) {
      const auto logits = engine_->Prefill(*session, next);
      if (!logits) {
        ADD_FAILURE() << logits.error().message();
        break;
      }
      next = {static_cast<TokenId>(std::ranges::max_element(*logits) - logits->begin())};
      got.push_back(next[0]);
      if (next[0] != expected) break;
    }
    return got;
  }

  std::string path_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(Smollm2, PromptsAreRenderedAndTokenized) {
  Load(DeviceKind::kCpu);
  ASSERT_TRUE(engine_);
  for (const Case& c : ReadCases()) {
    const auto ids = engine_->tokenizer().Encode(c.prompt, {.parse_special = true});
    ASSERT_TRUE(ids) << ids.error().message();
    EXPECT_EQ(*ids, c.prompt_ids) << c.name;
    EXPECT_EQ(engine_->tokenizer().Decode(c.tokens), c.text) << c.name;
    if (c.messages.is_null()) continue;

    ValueList messages;
    for (const auto& message : c.messages) {
      messages.push_back(Value::Map({{"role", message["role"].get<std::string>()},
                                     {"content", message["content"].get<std::string>()}}));
    }
    TemplateInput input;
    input.variables = Value::Map({{"messages", messages}, {"add_generation_prompt", true}});
    ASSERT_NE(engine_->chat_template(), nullptr);
    const auto rendered = engine_->chat_template()->Render(input);
    ASSERT_TRUE(rendered) << rendered.error().message();
    EXPECT_EQ(*rendered, c.prompt) << c.name;
  }
}

// One case, for the reference device is slow.
TEST_F(Smollm2, ReferenceGivesEveryGreedyToken) {
  Load(DeviceKind::kReference);
  ASSERT_TRUE(engine_);
  const Case c = ReadCases().front();
  EXPECT_EQ(Continue(c.prompt_ids, c.tokens), c.tokens) << c.name;
}

TEST_F(Smollm2, CpuGivesGreedyTokensUpToNearTies) {
  Load(DeviceKind::kCpu);
  ASSERT_TRUE(engine_);
  for (const Case& c : ReadCases()) {
    const auto got = Continue(c.prompt_ids, c.tokens);
    if (got == c.tokens) continue;
    ASSERT_FALSE(got.empty());
    const size_t step = got.size() - 1;
    EXPECT_LT(c.margins[step], kNearTie)
        << c.name << ": token " << step << " is " << got[step] << ", not " << c.tokens[step];
  }
}

// Of two chunks, where the error of eight-bit activations has not averaged out yet.
TEST_F(Smollm2, PerplexityIsThatOfTransformers) {
  const std::string text = ReadFile(INGLE_SHARED_DATA "/text/wikitext2-test.txt");
  if (text.empty()) GTEST_SKIP() << "no WikiText-2 in " << INGLE_SHARED_DATA;
  Load(DeviceKind::kCpu);
  ASSERT_TRUE(engine_);
  PerplexityOptions options;
  options.chunks = 2;
  const auto measured = MeasurePerplexity(*engine_, text, options);
  ASSERT_TRUE(measured) << measured.error().message();
  EXPECT_EQ(measured->scored_tokens, 2u * 255);
  constexpr double kReference = 14.3729;  // reference_perplexity.py --chunks 2
  EXPECT_NEAR(measured->perplexity, kReference, 0.01 * kReference);
}

}  // namespace
}  // namespace ingle
