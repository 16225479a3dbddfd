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

TEST(TokenizerFromGgufTest, ReadsBert) {
  GgufHeader header;
  header.SetString("tokenizer.ggml.model", "bert");
  header.SetStrings(
      "tokenizer.ggml.tokens",
      std::vector<std::string_view>{"[UNK]", "[CLS]", "[SEP]", "▁a", "b", "▁É", "▁é", "▁e"});
  header.SetInts("tokenizer.ggml.token_type", std::vector<int32_t>{3, 3, 3, 1, 1, 1, 1, 1});
  header.SetUint32("tokenizer.ggml.unknown_token_id", 0);
  header.SetUint32("tokenizer.ggml.cls_token_id", 1);
  header.SetUint32("tokenizer.ggml.seperator_token_id", 2);
  using Ids = std::vector<TokenId>;
  EXPECT_EQ(*(*Load(header))->Encode("Abb  É!"), (Ids{1, 3, 4, 4, 7, 0, 2}));
  header.SetBool("tokenizer.ggml.normalizer.strip_accents", false);
  EXPECT_EQ(*(*Load(header))->Encode("É"), (Ids{1, 6, 2}));
  header.SetBool("tokenizer.ggml.normalizer.lowercase", false);
  header.SetBool("tokenizer.ggml.add_eos_token", false);
  EXPECT_EQ(*(*Load(header))->Encode("É"), (Ids{1, 5}));
}

// Three unigram tokens, and a charsmap that makes "b" of "a".
GgufHeader UnigramHeader() {
  GgufHeader header;
  header.SetString("tokenizer.ggml.model", "t5");
  header.SetStrings("tokenizer.ggml.tokens",
                    std::vector<std::string_view>{"<unk>", "</s>", "▁", "b", "a"});
  header.SetFloats("tokenizer.ggml.scores", std::vector<float>{0, 0, -1, -2, -3});
  header.SetInts("tokenizer.ggml.token_type", std::vector<int32_t>{2, 3, 1, 1, 1});
  header.SetUint32("tokenizer.ggml.unknown_token_id", 0);
  header.SetUint32("tokenizer.ggml.eos_token_id", 1);
  std::vector<int32_t> charsmap(4 + 256 * 4, 0);
  charsmap[1] = 4;  // bytes of units: 1024
  charsmap[4 + 'a' * 4] = 'a';
  charsmap[4 + 'a' * 4 + 1] = 1 | 4;  // a key ends here, and its value is one unit off
  charsmap.push_back('b');
  charsmap.push_back(0);
  header.SetInts("tokenizer.ggml.precompiled_charsmap", charsmap);
  return header;
}

TEST(TokenizerFromGgufTest, ReadsUnigram) {
  using Ids = std::vector<TokenId>;
  EXPECT_EQ(*(*Load(UnigramHeader()))->Encode(" a  xb "), (Ids{2, 3, 2, 0, 3, 1}));
  GgufHeader header = UnigramHeader();
  header.SetBool("tokenizer.ggml.remove_extra_whitespaces", false);
  header.SetBool("tokenizer.ggml.add_eos_token", false);
  EXPECT_EQ(*(*Load(header))->Encode("b  b "), (Ids{2, 3, 2, 2, 3, 2}));
  header.SetBool("tokenizer.ggml.add_space_prefix", false);
  EXPECT_EQ(*(*Load(header))->Encode("b"), (Ids{3}));
  header.SetBool("tokenizer.ggml.treat_whitespace_as_suffix", true);
  EXPECT_FALSE(Load(header));
  header = UnigramHeader();
  header.SetInts("tokenizer.ggml.precompiled_charsmap", std::vector<int32_t>{1, 2, 3});
  EXPECT_FALSE(Load(header));
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
