#include "engine/tokenizer_from_gguf.h"

#include <gtest/gtest.h>

#include "formats/gguf/gguf_writer.h"

namespace ingle {
namespace {

// Three SentencePiece tokens.
GgufHeader SmallHeader() {
  GgufHeader header;
  header.SetString("general.name", "small");
  header.SetString("tokenizer.ggml.model", "llama");
  header.SetStrings("tokenizer.ggml.tokens", std::vector<std::string_view>{"<s>", "▁", "a"});
  header.SetFloats("tokenizer.ggml.scores", std::vector<float>{0, -1, -2});
  header.SetInts("tokenizer.ggml.token_type", std::vector<int32_t>{3, 1, 1});
  header.SetUint32("tokenizer.ggml.bos_token_id", 0);
  return header;
}

Result<std::unique_ptr<Tokenizer>> Load(const GgufHeader& header) {
  auto bytes = EncodeGguf(header, {});
  if (!bytes) return Fail(bytes.error());
  const auto file = GgufFile::Open(MakeMemorySource(*std::move(bytes), "small.gguf"));
  if (!file) return Fail(file.error());
  return TokenizerFromGguf(*file);
}

TEST(TokenizerFromGgufTest, ReadsTheFields) {
  const auto tokenizer = Load(SmallHeader());
  ASSERT_TRUE(tokenizer) << tokenizer.error().message();
  EXPECT_EQ((*tokenizer)->size(), 3u);
  EXPECT_EQ((*tokenizer)->bos(), 0);
  EXPECT_TRUE((*tokenizer)->adds_bos());
  EXPECT_EQ(*(*tokenizer)->Encode("a"), (std::vector<TokenId>{0, 1, 2}));
  EXPECT_EQ((*tokenizer)->Kind(0), TokenKind::kControl);
}

TEST(TokenizerFromGgufTest, TakesFlagsFromTheFile) {
  GgufHeader header = SmallHeader();
  header.SetBool("tokenizer.ggml.add_bos_token", false);
  header.SetBool("tokenizer.ggml.add_space_prefix", false);
  const auto tokenizer = Load(header);
  ASSERT_TRUE(tokenizer);
  EXPECT_EQ(*(*tokenizer)->Encode("a"), (std::vector<TokenId>{2}));
}

TEST(TokenizerFromGgufTest, AFileWithoutATokenizerTakesIdsOnly) {
  const auto tokenizer = Load(GgufHeader());
  ASSERT_TRUE(tokenizer) << tokenizer.error().message();
  EXPECT_EQ((*tokenizer)->size(), 0u);
  const auto ids = (*tokenizer)->Encode("a");
  ASSERT_FALSE(ids);
  EXPECT_EQ(ids.error().code(), ErrorCode::kUnsupported);
  const auto text = (*tokenizer)->Decode(std::vector<TokenId>{0, 7});
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().message(), ids.error().message());
}

struct BadField {
  const char* words;
  void (*spoil)(GgufHeader& header);
};

const BadField kBadFields[] = {
    {"tokenizer.ggml.model", [](GgufHeader& h) { h.SetUint32("tokenizer.ggml.model", 1); }},
    {"'rwkv'", [](GgufHeader& h) { h.SetString("tokenizer.ggml.model", "rwkv"); }},
    {"tokenizer.ggml.pre", [](GgufHeader& h) { h.SetBool("tokenizer.ggml.pre", true); }},
    {"tokenizer.ggml.tokens", [](GgufHeader& h) { h.SetString("tokenizer.ggml.tokens", "a"); }},
    {"tokenizer.ggml.tokens is empty",
     [](GgufHeader& h) {
       h.SetStrings("tokenizer.ggml.tokens", {});
       h.SetUint32("tokenizer.ggml.bos_token_id", 0);
     }},
    {"tokenizer.ggml.scores",
     [](GgufHeader& h) {
       h.SetStrings("tokenizer.ggml.scores", std::vector<std::string_view>{"1"});
     }},
    {"tokenizer.ggml.scores has 2 entries",
     [](GgufHeader& h) {
       h.SetFloats("tokenizer.ggml.scores", std::vector<float>{0, 0});
     }},
    {"tokenizer.ggml.token_type[1] is 7",
     [](GgufHeader& h) {
       h.SetInts("tokenizer.ggml.token_type", std::vector<int32_t>{1, 7, 1});
     }},
    {"tokenizer.ggml.token_type[0] is -2147483648",
     [](GgufHeader& h) {
       h.SetInts("tokenizer.ggml.token_type", std::vector<int32_t>{INT32_MIN, 1, 1});
     }},
    {"tokenizer.ggml.bos_token_id is 3,",
     [](GgufHeader& h) { h.SetUint32("tokenizer.ggml.bos_token_id", 3); }},
    {"tokenizer.ggml.eos_token_id is 18446744073709551615,",
     [](GgufHeader& h) { h.SetUint64("tokenizer.ggml.eos_token_id", UINT64_MAX); }},
    {"tokenizer.ggml.unknown_token_id",
     [](GgufHeader& h) { h.SetInt32("tokenizer.ggml.unknown_token_id", -1); }},
    {"tokenizer.ggml.add_eos_token",
     [](GgufHeader& h) { h.SetString("tokenizer.ggml.add_eos_token", "yes"); }},
    {"add_eos_token is true, but there is no",
     [](GgufHeader& h) { h.SetBool("tokenizer.ggml.add_eos_token", true); }},
};

TEST(TokenizerFromGgufTest, NamesTheFileAndTheFieldThatIsWrong) {
  for (const BadField& bad : kBadFields) {
    GgufHeader header = SmallHeader();
    bad.spoil(header);
    const auto tokenizer = Load(header);
    ASSERT_FALSE(tokenizer) << bad.words;
    EXPECT_NE(tokenizer.error().message().find(bad.words), std::string::npos)
        << tokenizer.error().message();
    EXPECT_NE(tokenizer.error().message().find("small.gguf"), std::string::npos)
        << tokenizer.error().message();
  }
}

}  // namespace
}  // namespace ingle
