// Tokenizers of Hugging Face's form, against what the Python package `tokenizers` does with the
// same files (tests/goldens/tokenizer/make_huggingface_goldens.py), and files that are wrong.
#include "tokenizer/huggingface/tokenizer_json.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ingle {
namespace {

using nlohmann::json;

constexpr char kFolder[] = INGLE_SOURCE_DIR "/tests/goldens/tokenizer/huggingface";

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(TokenizerJsonTest, DoesWhatTokenizersDoes) {
  int kinds = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    SCOPED_TRACE(entry.path());
    ++kinds;
    const auto read =
        ReadTokenizerFiles({.tokenizer_json = ReadFile(entry.path() / "tokenizer.json")});
    ASSERT_TRUE(read) << read.error().message();
    const auto tokenizer = Tokenizer::Create(read->spec);
    ASSERT_TRUE(tokenizer) << tokenizer.error().message();
    std::ifstream goldens(entry.path() / "goldens.jsonl");
    int rows = 0;
    for (std::string line; std::getline(goldens, line); ++rows) {
      const json row = json::parse(line);
      const std::string text = row[0];
      const auto ids = (*tokenizer)->Encode(text, {.add_special = true, .parse_special = true});
      ASSERT_TRUE(ids);
      EXPECT_EQ(*ids, row[1].get<std::vector<TokenId>>()) << row[0];
      const std::string decoded = row[2];
      if (decoded.find("\xEF\xBF\xBD") != std::string::npos) continue;  // what is no text
      EXPECT_EQ(*(*tokenizer)->Decode(*ids), decoded) << row[0];
      StreamDecoder stream(**tokenizer);
      std::string streamed;
      for (const TokenId id : *ids) streamed += stream.Push(id);
      EXPECT_EQ(streamed + stream.Finish(), decoded) << row[0];
    }
    EXPECT_GT(rows, 15);
  }
  EXPECT_GE(kinds, 17);
}

// A small one that is right, to be made wrong.
json Sound() {
  return json::parse(R"({
    "version": "1.0",
    "added_tokens": [{"id": 3, "content": "<s>", "special": true, "normalized": false,
                      "lstrip": false, "rstrip": false, "single_word": false}],
    "normalizer": {"type": "Sequence", "normalizers": [{"type": "Lowercase"}]},
    "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "\\s+"}, "behavior": "Isolated",
                      "invert": false},
    "post_processor": {"type": "TemplateProcessing",
                       "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                                  {"Sequence": {"id": "A", "type_id": 0}}],
                       "pair": [],
                       "special_tokens": {"<s>": {"id": "<s>", "ids": [3], "tokens": ["<s>"]}}},
    "decoder": {"type": "Sequence", "decoders": [{"type": "Fuse"}]},
    "model": {"type": "BPE", "unk_token": "u", "vocab": {"u": 0, "a": 1, "b": 2, "ab": 4},
              "merges": ["a b"]}
  })");
}

std::string ErrorOf(const json& file, TokenizerFiles files = {}) {
  files.tokenizer_json = file.dump();
  const auto read = ReadTokenizerFiles(files);
  if (!read) return read.error().message();
  const auto tokenizer = Tokenizer::Create(read->spec);
  return tokenizer ? "" : tokenizer.error().message();
}

TEST(TokenizerJsonTest, RefusesByName) {
  ASSERT_EQ(ErrorOf(Sound()), "");
  const std::tuple<const char*, json, const char*> kCases[] = {
      {"/model/type", "Sentences", "tokenizer.json: model.type is 'Sentences'"},
      {"/model/dropout", 0.1, "model.dropout is for training"},
      {"/model/unk_token", "x", "model.unk_token is 'x', which is no token"},
      {"/model/vocab/ab", -1, "model.vocab gives 'ab' no id"},
      {"/model/vocab/ab", 1, "gives 'a' and 'ab' the same id 1"},
      {"/model/vocab/ab", 2000000000, "ids up to 2000000000"},
      {"/model/merges", json::array({"a b c"}), "model.merges[0] is not two pieces"},
      {"/model/merges", json::array({"a x"}), "tokenizer.json: model.merges[0], 'a' and 'x'"},
      {"/added_tokens/1", {{"id", 5}, {"content", "ab"}}, "model.vocab has 'ab' twice, as 4 and 5"},
      {"/model/surprise", 1, "model.surprise is a field that this version does not know"},
      {"/surprise", 1, "tokenizer.json.surprise is a field"},
      {"/added_tokens/0/id", -3, "added_tokens[0].id is no id"},
      {"/added_tokens/0/content", json(), "added_tokens[0]"},
      {"/normalizer/normalizers/0/type", "Shout", "normalizer.normalizers[0].type is 'Shout'"},
      {"/normalizer/normalizers", 3, "normalizer.normalizers is no list"},
      {"/pre_tokenizer/type", "Guess", "pre_tokenizer.type is 'Guess'"},
      {"/pre_tokenizer/behavior", "Odd", "pre_tokenizer.behavior is 'Odd'"},
      {"/pre_tokenizer/pattern", json::object(), "neither a String nor a Regex"},
      {"/pre_tokenizer/pattern/Regex", "(", "the regular expression '('"},
      {"/post_processor/type", "After", "post_processor.type is 'After'"},
      {"/post_processor/special_tokens", json::object(), "names no token of special_tokens"},
      {"/post_processor/special_tokens/<s>/ids", json::array({77}), "names the id 77"},
      {"/decoder/decoders/0/type", "CTC", "decoder.decoders[0].type is 'CTC'"},
      {"/decoder/decoders/1", {{"type", "ByteFallback"}}, "is ByteFallback, which comes before"},
      {"/decoder/decoders/1",
       {{"type", "Replace"}, {"pattern", {{"String", "ab"}}}, {"content", "c"}},
       "decoder.decoders[1] replaces more than a character behind Fuse"},
  };
  for (const auto& [pointer, value, part] : kCases) {
    json file = Sound();
    file[json::json_pointer(pointer)] = value;
    EXPECT_NE(ErrorOf(file).find(part), std::string::npos) << pointer << ": " << ErrorOf(file);
  }
}

// Whatever a field is changed to, the answer is an error or a tokenizer.
TEST(TokenizerJsonTest, SurvivesWrongFields) {
  const json kValues[] = {json(),
                          true,
                          -1,
                          0,
                          4294967296,
                          1e300,
                          "",
                          "\xC3\xA9 ",
                          json::array(),
                          json::object(),
                          json::array({json::array({1})})};
  const json flat = Sound().flatten();
  for (const auto& [pointer, old] : flat.items()) {
    for (json::json_pointer at(pointer); !at.empty(); at.pop_back()) {
      for (const json& value : kValues) {
        json file = Sound();
        file[at] = value;
        ErrorOf(file);
      }
    }
  }
  const std::string text = Sound().dump();
  for (size_t length = 0; length < text.size(); ++length) {
    const auto read = ReadTokenizerFiles({.tokenizer_json = text.substr(0, length)});
    EXPECT_FALSE(read);
  }
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += R"({"type":"Sequence","normalizers":[)";
  EXPECT_FALSE(ReadTokenizerFiles({.tokenizer_json = R"({"model":{},"normalizer":)" + deep}));
}

// What people write never becomes a control token, not even where a whole word would.
TEST(TokenizerJsonTest, KeepsControlTokensOutOfText) {
  for (const char* type : {"BPE", "WordLevel"}) {
    json file = Sound();
    file["model"] = {{"type", type}, {"unk_token", "u"}, {"vocab", {{"u", 0}, {"<s>", 3}}}};
    if (file["model"]["type"] == "BPE") {
      file["model"]["merges"] = json::array();
      file["model"]["ignore_merges"] = true;
      file["model"]["fuse_unk"] = true;
    }
    const auto read = ReadTokenizerFiles({.tokenizer_json = file.dump()});
    ASSERT_TRUE(read) << read.error().message();
    const auto tokenizer = Tokenizer::Create(read->spec);
    ASSERT_TRUE(tokenizer) << tokenizer.error().message();
    EXPECT_EQ(*(*tokenizer)->Encode("<s>", {false, false}), std::vector<TokenId>{0}) << type;
    EXPECT_EQ(*(*tokenizer)->Encode("<s>", {false, true}), std::vector<TokenId>{3}) << type;
  }
}

// Older files do not say which model it is.
TEST(TokenizerJsonTest, TellsModelsByTheirFields) {
  const std::tuple<json, PieceModel> kModels[] = {
      {{{"vocab", {{"a", 0}}}, {"merges", json::array()}}, PieceModel::kBytePairs},
      {{{"vocab", json::array({json::array({"<s>", 0.0})})}, {"unk_id", 0}}, PieceModel::kUnigram},
      {{{"vocab", {{"a", 0}}}, {"unk_token", "a"}, {"max_input_chars_per_word", 9}},
       PieceModel::kWordPiece},
      {{{"vocab", {{"a", 0}}}, {"unk_token", "a"}}, PieceModel::kWholeWords},
  };
  for (const auto& [model, expected] : kModels) {
    json file = Sound();
    file["model"] = model;
    const auto read = ReadTokenizerFiles({.tokenizer_json = file.dump()});
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->spec.pipeline->model, expected) << model;
  }
}

// Byte-level vocabularies name an unknown token that they neither have nor need.
TEST(TokenizerJsonTest, NeedsNoUnknownTokenWhereAllBytesAreTokens) {
  json file = json::parse(ReadFile(std::filesystem::path(kFolder) / "gpt2" / "tokenizer.json"));
  file["model"]["unk_token"] = "[none]";
  EXPECT_EQ(ErrorOf(file), "");
  file["model"]["vocab"].erase("\xC4\xA0");
  file["model"]["merges"] = json::array();
  EXPECT_NE(ErrorOf(file).find("model.unk_token is '[none]'"), std::string::npos);
}

TEST(TokenizerJsonTest, NamesTheFileThatIsThereInstead) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "ingle_other_tokenizer";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "tokenizer.model") << "x";
  const auto files = ReadTokenizerFolder(folder.string());
  ASSERT_TRUE(files) << files.error().message();
  EXPECT_EQ(files->other_form, "tokenizer.model");
  std::filesystem::remove_all(folder);
}

TEST(TokenizerJsonTest, ReadsWhatStandsBeside) {
  TokenizerFiles files;
  files.tokenizer_json = Sound().dump();
  files.tokenizer_config_json =
      R"({"bos_token": {"content": "<s>"}, "eos_token": "ab", "add_eos_token": true,
          "chat_template": [{"name": "tool_use", "template": "T"},
                            {"name": "default", "template": "D"}]})";
  files.generation_config_json = R"({"eos_token_id": [2, 99]})";
  auto read = ReadTokenizerFiles(files);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->chat_template, "D");
  const auto tokenizer = Tokenizer::Create(read->spec);
  ASSERT_TRUE(tokenizer) << tokenizer.error().message();
  EXPECT_EQ((*tokenizer)->bos(), 3);
  EXPECT_EQ((*tokenizer)->eos(), 4);
  EXPECT_TRUE((*tokenizer)->adds_bos());
  EXPECT_TRUE((*tokenizer)->adds_eos());
  EXPECT_TRUE((*tokenizer)->IsEndOfGeneration(4));
  EXPECT_TRUE((*tokenizer)->IsEndOfGeneration(2));
  EXPECT_FALSE((*tokenizer)->IsEndOfGeneration(1));
  EXPECT_EQ(*(*tokenizer)->Encode("ABb"), (std::vector<TokenId>{3, 4, 2, 4}));

  files.chat_template_jinja = "J";
  read = ReadTokenizerFiles(files);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->chat_template, "J");
  files.tokenizer_config_json = R"({"add_bos_token": false, "bos_token": "<s>"})";
  read = ReadTokenizerFiles(files);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->spec.pipeline->before.empty());
  files.tokenizer_config_json = "[";
  EXPECT_NE(ErrorOf(Sound(), files).find("tokenizer_config.json is no JSON"), std::string::npos);
}

}  // namespace
}  // namespace ingle
