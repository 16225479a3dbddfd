// Real vocabularies: the ids that Hugging Face's tokenizers give, out of GGUF files.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "engine/tokenizer_from_gguf.h"

namespace ingle {
namespace {

const std::string kFolder = INGLE_SHARED_DATA "/tokenizers/ggml-vocab-";

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::unique_ptr<Tokenizer> Load(const std::string& path) {
  const auto file = OpenGguf(path);
  EXPECT_TRUE(file) << file.error().message();
  if (!file) return nullptr;
  auto tokenizer = TokenizerFromGguf(*file);
  EXPECT_TRUE(tokenizer) << tokenizer.error().message();
  return tokenizer ? *std::move(tokenizer) : nullptr;
}

// A separator ends each text, the last one too.
std::vector<std::string> SplitTexts(const std::string& all) {
  constexpr std::string_view kSeparator = "\n__ggml_vocab_test__\n";
  std::vector<std::string> texts;
  size_t begin = 0;
  for (size_t at = all.find(kSeparator); at != std::string::npos;
       at = all.find(kSeparator, begin)) {
    texts.push_back(all.substr(begin, at - begin));
    begin = at + kSeparator.size();
  }
  return texts;
}

std::vector<TokenId> ParseIds(const std::string& line) {
  std::istringstream in(line);
  return {std::istream_iterator<TokenId>(in), {}};
}

class TokenizerConformanceTest : public testing::TestWithParam<const char*> {};

TEST_P(TokenizerConformanceTest, GivesTheReferenceIdsAndTheTextBack) {
  const std::string path = kFolder + GetParam() + ".gguf";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const auto tokenizer = Load(path);
  ASSERT_TRUE(tokenizer);
  const std::vector<std::string> texts = SplitTexts(ReadAll(path + ".inp"));
  std::istringstream lines(ReadAll(path + ".out"));
  ASSERT_GT(texts.size(), 40u);
  for (const std::string& text : texts) {
    std::string line;
    ASSERT_TRUE(std::getline(lines, line));
    const auto ids = tokenizer->Encode(text, {.add_special = false});
    ASSERT_TRUE(ids);
    EXPECT_EQ(*ids, ParseIds(line)) << Quote(text);
    EXPECT_EQ(tokenizer->Decode(*ids), text);

    StreamDecoder decoder(*tokenizer);
    std::string streamed;
    for (const TokenId id : *ids) streamed += decoder.Push(id);
    EXPECT_EQ(streamed + decoder.Finish(), text);
  }
}

INSTANTIATE_TEST_SUITE_P(RealVocabularies, TokenizerConformanceTest,
                         testing::Values("gpt-2", "starcoder", "deepseek-llm", "llama-spm",
                                         "phi-3"),
                         [](const auto& name) {
                           std::string label = name.param;
                           for (char& c : label) c = c == '-' ? '_' : c;
                           return label;
                         });

TEST(RealVocabularyTest, Phi3StripsWhatFollowsItsControlTokens) {
  const std::string path = kFolder + "phi-3.gguf";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const auto tokenizer = Load(path);
  ASSERT_TRUE(tokenizer);
  const EncodeOptions options = {.add_special = false, .parse_special = true};
  EXPECT_EQ(*tokenizer->Encode("<|user|>\nHi<|end|>\n<|assistant|>\n", options),
            *tokenizer->Encode("<|user|>Hi<|end|><|assistant|>", options));
  EXPECT_NE(*tokenizer->Encode("<s>\nHi", options), *tokenizer->Encode("<s>Hi", options));
}

// WordPiece gives no text back: lower case, spaces and accents are gone.
TEST(RealVocabularyTest, BertGivesTheReferenceIds) {
  const std::string path = kFolder + "bert-bge.gguf";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const auto tokenizer = Load(path);
  ASSERT_TRUE(tokenizer);
  std::istringstream lines(ReadAll(path + ".out"));
  for (const std::string& text : SplitTexts(ReadAll(path + ".inp"))) {
    std::string line;
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_EQ(*tokenizer->Encode(text, {.add_special = false}), ParseIds(line)) << Quote(text);
  }
  EXPECT_EQ(*tokenizer->Encode("Hello"), (std::vector<TokenId>{101, 7592, 102}));
  EXPECT_EQ(tokenizer->Decode(*tokenizer->Encode("Embeddings, here")), "embeddings , here");
}

}  // namespace
}  // namespace ingle
