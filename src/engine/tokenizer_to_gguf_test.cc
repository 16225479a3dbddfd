#include "engine/tokenizer_to_gguf.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/tokenizer_from_gguf.h"

namespace ingle {
namespace {

constexpr const char* kFolder = INGLE_SOURCE_DIR "/tests/goldens/tokenizer/huggingface/";

TokenizerFiles Files(const std::string& name) {
  auto files = ReadTokenizerFolder(kFolder + name);
  EXPECT_TRUE(files) << files.error().message();
  return *std::move(files);
}

std::vector<std::string> Texts(const std::string& name) {
  std::vector<std::string> texts;
  std::ifstream in(kFolder + name + "/goldens.jsonl");
  for (std::string line; std::getline(in, line);) {
    const auto golden = nlohmann::json::parse(line, nullptr, false);
    if (golden.is_array() && golden[0].is_string()) texts.push_back(golden[0]);
  }
  return texts;
}

class TokenizerToGgufOf : public testing::TestWithParam<const char*> {};

TEST_P(TokenizerToGgufOf, GivesTheSameTokens) {
  const TokenizerFiles files = Files(GetParam());
  const auto from = ReadTokenizerFiles(files);
  ASSERT_TRUE(from);
  GgufHeader header;
  const Status written = TokenizerToGguf(files, from->spec.tokens.size() + 3, header);
  ASSERT_TRUE(written) << written.error().message();
  const auto file = GgufFile::Open(MakeMemorySource(*EncodeGguf(header, {})));
  ASSERT_TRUE(file);
  const auto got = TokenizerFromGguf(*file);
  const auto want = Tokenizer::Create(from->spec);
  ASSERT_TRUE(got && want);
  size_t differ = 0;
  const std::vector<std::string> texts = Texts(GetParam());
  EXPECT_FALSE(texts.empty());
  for (const std::string& text : texts) {
    const auto ids = *(*want)->Encode(text, {.parse_special = true});
    differ += *(*got)->Encode(text, {.parse_special = true}) == ids ? 0 : 1;
  }
  EXPECT_EQ(differ, 0u) << "of " << texts.size();
}

INSTANTIATE_TEST_SUITE_P(, TokenizerToGgufOf,
                         testing::Values("albert", "bert", "bert_cased", "deepseek", "falcon",
                                         "gemma", "gpt2", "gpt4o", "llama2", "llama3", "mistral",
                                         "phi3", "qwen2", "roberta", "starcoder", "t5", "words"),
                         [](const auto& parameter) { return std::string(parameter.param); });

// What llama.cpp reads of it: the algorithm, and of byte-level BPE the way to cut.
TEST(TokenizerToGguf, NamesTheAlgorithm) {
  const auto names = [](const std::string& name) {
    GgufHeader header;
    EXPECT_TRUE(TokenizerToGguf(Files(name), 1u << 12, header));
    const auto file = GgufFile::Open(MakeMemorySource(*EncodeGguf(header, {})));
    return Cat(*file->String("tokenizer.ggml.model"), " ",
               *file->StringOr("tokenizer.ggml.pre", ""),
               file->Has("tokenizer.huggingface.json") ? " and whole" : "");
  };
  EXPECT_EQ(names("gpt2"), "gpt2 gpt-2");
  EXPECT_EQ(names("llama3"), "gpt2 llama-bpe");
  EXPECT_EQ(names("qwen2"), "gpt2 qwen2");
  EXPECT_EQ(names("gpt4o"), "gpt2 gpt-4o");
  EXPECT_EQ(names("deepseek"), "gpt2 deepseek-v3");
  EXPECT_EQ(names("starcoder"), "gpt2 smollm");
  EXPECT_EQ(names("bert"), "bert default");
  EXPECT_EQ(names("llama2"), "llama default");
  EXPECT_EQ(names("gemma"), "llama default");
  EXPECT_EQ(names("mistral"), "llama default and whole");
  EXPECT_EQ(names("words"), "none  and whole");
}

TEST(TokenizerToGguf, RefusesMoreTokensThanRows) {
  GgufHeader header;
  EXPECT_FALSE(TokenizerToGguf(Files("gpt2"), 100, header));
}

}  // namespace
}  // namespace ingle
