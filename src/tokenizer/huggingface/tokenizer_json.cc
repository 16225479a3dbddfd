#include "tokenizer/huggingface/tokenizer_json.h"

#include <algorithm>
#include <bitset>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <utility>

#include "base/byte_source.h"
#include "tokenizer/byte_level.h"
#include "tokenizer/huggingface/components.h"
#include "tokenizer/huggingface/json_reader.h"
#include "tokenizer/huggingface/tokenizer_config.h"
#include "tokenizer/prefix_trie.h"

namespace ingle {
namespace {

using nlohmann::json;

constexpr std::string_view kFile = "tokenizer.json";
// What checkpoints have in its place, or beside it. Their classes in transformers make a
// tokenizer.json of it.
constexpr const char* kOtherForms[] = {"tokenizer.model", "spiece.model", "sentencepiece.bpe.model",
                                       "vocab.json",      "vocab.txt",    "tekken.json"};
// Ids need not be dense, but a file of a kilobyte shall not ask for a table of gigabytes.
constexpr size_t kMostGaps = 65536;

// A score as the package `tokenizers` reads it: the digits as one whole number, then divided by a
// power of ten, which rounds twice. Of two ways to cut a word that score the same the last bit
// decides.
double RoundedTwice(double score) {
  if (!std::isfinite(score)) return score;
  const std::string text = json(std::abs(score)).dump();  // the shortest that is this number
  uint64_t digits = 0;
  int exponent = 0;
  bool behind_point = false;
  size_t at = 0;
  for (; at < text.size() && text[at] != 'e'; ++at) {
    if (text[at] == '.') {
      behind_point = true;
      continue;
    }
    digits = digits * 10 + static_cast<uint64_t>(text[at] - '0');
    exponent -= behind_point ? 1 : 0;
  }
  if (at < text.size())
    exponent += static_cast<int>(std::strtol(text.c_str() + at + 1, nullptr, 10));
  const double power = std::pow(10.0, std::abs(exponent));
  const double read =
      exponent < 0 ? static_cast<double>(digits) / power : static_cast<double>(digits) * power;
  return score < 0 ? -read : read;
}

// Of a model in an older file, which does not name its type.
std::string TypeByFields(const json& model) {
  if (model.contains("merges")) return "BPE";
  if (model.contains("vocab") && model["vocab"].is_array()) return "Unigram";
  return model.contains("max_input_chars_per_word") ? "WordPiece" : "WordLevel";
}

// Whether each byte is a token, as byte_level.h spells it.
bool HasAllBytes(const std::vector<std::string_view>& tokens) {
  std::bitset<256> found;
  for (const std::string_view token : tokens) {
    std::string bytes;
    if (token.size() <= 2 && DecodeByteLevel(token, bytes) && bytes.size() == 1) {
      found.set(static_cast<unsigned char>(bytes[0]));
    }
  }
  return found.all();
}

class Reader {
 public:
  explicit Reader(TokenizerFromFiles& result) : result_(result) {}

  Status Read(const json& file) {
    spec().pipeline.emplace();
    spec().model = "pipeline";
    JsonReader reader(file, std::string(kFile));
    reader.Ignore({"version", "truncation", "padding"});
    const json& model = reader.Any("model");
    const std::string model_path = Cat(kFile, ": model");
    if (auto read = ReadModel(model, model_path); !read) return read;
    if (auto read = ReadAdded(reader.Any("added_tokens")); !read) return read;
    const auto at = [](std::string_view field) { return Cat(kFile, ": ", field); };
    PipelineSpec& p = pipeline();
    Status read = ReadNormalizer(reader.Any("normalizer"), at("normalizer"), spec().normalizer);
    if (read) read = ReadPreTokenizer(reader.Any("pre_tokenizer"), at("pre_tokenizer"), p.pieces);
    if (read) {
      read =
          ReadPostProcessor(reader.Any("post_processor"), at("post_processor"), p.before, p.after);
    }
    if (read) read = LayOutVocabulary();
    if (read) read = Decode(reader.Any("decoder"));
    if (read) read = CheckIds();
    return read ? reader.Finish() : read;
  }

 private:
  TokenizerSpec& spec() { return result_.spec; }
  PipelineSpec& pipeline() { return *result_.spec.pipeline; }
  std::string_view Keep(std::string text) { return result_.texts.emplace_back(std::move(text)); }

  Status ReadModel(const json& model, const std::string& path) {
    JsonReader reader(model, path);
    std::string type = reader.Text("type", "");
    if (type.empty() && model.is_object()) type = TypeByFields(model);
    Status read;
    if (type == "BPE") {
      read = ReadBpe(reader);
    } else if (type == "WordPiece") {
      pipeline().model = PieceModel::kWordPiece;
      spec().continuing_prefix = reader.Text("continuing_subword_prefix", "##");
      spec().longest_word = static_cast<size_t>(
          std::clamp<int64_t>(reader.Integer("max_input_chars_per_word", 100), 1, 1 << 20));
      unknown_ = reader.Text("unk_token", "[UNK]");
      read = ReadVocabulary(reader.Any("vocab"), path);
    } else if (type == "WordLevel") {
      pipeline().model = PieceModel::kWholeWords;
      unknown_ = reader.Text("unk_token", "");
      read = ReadVocabulary(reader.Any("vocab"), path);
    } else if (type == "Unigram") {
      read = ReadUnigram(reader);
    } else if (!reader.failed()) {
      return Fail(ErrorCode::kUnsupported, reader.PathOf("type"), " is ", Quote(type),
                  ", which this version does not know");
    }
    return read ? reader.Finish() : read;
  }

  Status ReadBpe(JsonReader& reader) {
    PipelineSpec& p = pipeline();
    p.ignore_merges = reader.Flag("ignore_merges", false);
    p.fuse_unknown = reader.Flag("fuse_unk", false);
    p.byte_fallback = reader.Flag("byte_fallback", false);
    p.prefix = reader.Text("continuing_subword_prefix", "");
    p.suffix = reader.Text("end_of_word_suffix", "");
    unknown_ = reader.Text("unk_token", "");
    const json& dropout = reader.Any("dropout");
    if (!dropout.is_null() && !(dropout.is_number() && dropout.get<double>() == 0)) {
      reader.Refuse(ErrorCode::kUnsupported, "dropout", "is for training");
    }
    if (auto read = ReadVocabulary(reader.Any("vocab"), reader.path()); !read) return read;
    return ReadMerges(reader.Any("merges"), reader.PathOf("merges"));
  }

  // "a b", or ["a", "b"].
  Status ReadMerges(const json& merges, const std::string& path) {
    if (!merges.is_array()) return Fail(ErrorCode::kCorrupt, path, " is no list");
    pipeline().merges.reserve(merges.size());
    for (const json& merge : merges) {
      std::string left, right;
      if (merge.is_string()) {
        const auto& text = merge.get_ref<const std::string&>();
        const size_t space = text.find(' ');
        if (space != std::string::npos && text.find(' ', space + 1) == std::string::npos) {
          left = text.substr(0, space);
          right = text.substr(space + 1);
        }
      } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() &&
                 merge[1].is_string()) {
        left = merge[0].get<std::string>();
        right = merge[1].get<std::string>();
      }
      if (left.empty() || right.empty()) {
        return Fail(ErrorCode::kCorrupt, path, "[", pipeline().merges.size(),
                    "] is not two pieces");
      }
      pipeline().merges.emplace_back(Keep(std::move(left)), Keep(std::move(right)));
    }
    return {};
  }

  Status ReadVocabulary(const json& vocabulary, const std::string& path) {
    if (!vocabulary.is_object()) return Fail(ErrorCode::kCorrupt, path, ".vocab is no object");
    for (const auto& [text, id] : vocabulary.items()) {
      if (!id.is_number_unsigned() || id.get<uint64_t>() > INT32_MAX) {
        return Fail(ErrorCode::kCorrupt, path, ".vocab gives ", Quote(text), " no id");
      }
      tokens_.emplace_back(id.get<TokenId>(), Keep(text));
    }
    return {};
  }

  // [["<unk>", 0.0], ["▁the", -3.2]]: the place in the list is the id.
  Status ReadUnigram(JsonReader& reader) {
    pipeline().model = PieceModel::kUnigram;
    spec().byte_fallback = reader.Flag("byte_fallback", false);
    const int64_t unknown = reader.Integer("unk_id", -1);
    const json& vocabulary = reader.Any("vocab");
    if (!vocabulary.is_array())
      return Fail(ErrorCode::kCorrupt, reader.PathOf("vocab"), " is no list");
    for (const json& row : vocabulary) {
      if (!row.is_array() || row.size() != 2 || !row[0].is_string() || !row[1].is_number()) {
        return Fail(ErrorCode::kCorrupt, reader.PathOf("vocab"), "[", tokens_.size(),
                    "] is no pair of a token and its score");
      }
      tokens_.emplace_back(static_cast<TokenId>(tokens_.size()), Keep(row[0].get<std::string>()));
      scores_.push_back(RoundedTwice(row[1].get<double>()));
    }
    if (tokens_.empty()) reader.Refuse(ErrorCode::kCorrupt, "vocab", "is empty");
    if (unknown >= static_cast<int64_t>(tokens_.size())) {
      reader.Refuse(ErrorCode::kCorrupt, "unk_id", "is no token");
    }
    if (unknown >= 0) spec().unknown = static_cast<TokenId>(unknown);
    return {};
  }

  Status ReadAdded(const json& added) {
    if (added.is_null()) return {};
    if (!added.is_array()) return Fail(ErrorCode::kCorrupt, kFile, ": added_tokens is no list");
    for (const json& row : added) {
      JsonReader reader(row, Cat(kFile, ": added_tokens[", pipeline().added.size(), "]"));
      AddedToken token;
      token.text = reader.Text("content");
      const int64_t id = reader.Integer("id", -1);
      if (id < 0 || id > INT32_MAX) reader.Refuse(ErrorCode::kCorrupt, "id", "is no id");
      token.id = static_cast<TokenId>(id);
      token.special = reader.Flag("special", false);
      token.strip_before = reader.Flag("lstrip", false);
      token.strip_after = reader.Flag("rstrip", false);
      token.whole_word = reader.Flag("single_word", false);
      token.normalized = reader.Flag("normalized", !token.special);
      if (auto read = reader.Finish(); !read) return read;
      pipeline().added.push_back(std::move(token));
    }
    return {};
  }

  // Tokens by their ids, those added to the model's.
  Status LayOutVocabulary() {
    const size_t in_model = tokens_.size();
    for (const AddedToken& token : pipeline().added) tokens_.emplace_back(token.id, token.text);
    TokenId last = -1;
    for (const auto& [id, text] : tokens_) last = std::max(last, id);
    const size_t count = static_cast<size_t>(last) + 1;
    if (count > 2 * tokens_.size() + kMostGaps) {
      return Fail(ErrorCode::kCorrupt, kFile, " gives ", tokens_.size(), " tokens ids up to ",
                  last);
    }
    spec().tokens.resize(count);
    spec().kinds.assign(count, TokenKind::kUnused);
    for (size_t i = 0; i < tokens_.size(); ++i) {
      const auto& [id, text] = tokens_[i];
      std::string_view& place = spec().tokens[id];
      if (!place.empty() && place != text) {
        return Fail(ErrorCode::kCorrupt, kFile, " gives ", Quote(place), " and ", Quote(text),
                    " the same id ", id);
      }
      if (text.size() > PrefixTrie::kLongest && pipeline().model != PieceModel::kBytePairs) {
        return Fail(ErrorCode::kUnsupported, kFile, ": token ", id, " has ", text.size(),
                    " bytes; the limit is ", PrefixTrie::kLongest);
      }
      place = text;
      TokenKind& kind = spec().kinds[id];
      if (i < in_model) {
        kind = TokenKind::kNormal;
      } else {
        const bool special = pipeline().added[i - in_model].special;
        kind = special ? TokenKind::kControl : TokenKind::kUserDefined;
      }
      if (!unknown_.empty() && text == unknown_) spec().unknown = id;
    }
    if (!scores_.empty()) {
      spec().scores = scores_;
      spec().scores.resize(count, 0);
    }
    // Where every byte is a token, nothing is unknown, and files name what they like.
    if (!unknown_.empty() && !spec().unknown && !(CutsBytes() && HasAllBytes(spec().tokens))) {
      return Fail(ErrorCode::kCorrupt, kFile, ": model.unk_token is ", Quote(unknown_),
                  ", which is no token");
    }
    return {};
  }

  Status Decode(const json& component) {
    TokenDecoder decoder;
    const Status read = ReadDecoder(component, Cat(kFile, ": decoder"), decoder);
    if (!read) return read;
    if (decoder.byte_level && MergesBytes()) return SpellMerges();
    pipeline().first = decoder.first;
    for (std::string_view text : spec().tokens) {
      std::string token(text);
      if (!token.empty()) {
        for (const auto& step : decoder.steps) step(token);
      }
      pipeline().bytes.push_back(std::move(token));
    }
    return {};
  }

  bool CutsBytes() {
    const auto& pieces = pipeline().pieces;
    return std::any_of(pieces.begin(), pieces.end(), [](const PieceStep& step) {
      return std::holds_alternative<BytesStep>(step);
    });
  }

  // Whether byte pairs can be merged over the bytes themselves, without their spelling.
  bool MergesBytes() {
    const PipelineSpec& p = pipeline();
    if (p.model != PieceModel::kBytePairs || !CutsBytes()) return false;
    if (!p.prefix.empty() || !p.suffix.empty()) return false;
    return HasAllBytes(spec().tokens) || (unknown_.empty() && !p.byte_fallback);
  }

  // Over bytes, a merge is written with a space in between, which no piece has.
  Status SpellMerges() {
    for (const auto& [left, right] : pipeline().merges) {
      spec().merges.push_back(Keep(Cat(left, " ", right)));
    }
    return {};
  }

  Status CheckIds() {
    for (const auto* ids : {&pipeline().before, &pipeline().after}) {
      for (const TokenId id : *ids) {
        if (id >= 0 && static_cast<size_t>(id) < spec().tokens.size()) continue;
        return Fail(ErrorCode::kCorrupt, kFile, ": post_processor names the id ", id,
                    ", but there are ", spec().tokens.size(), " tokens");
      }
    }
    return {};
  }

  TokenizerFromFiles& result_;
  std::vector<std::pair<TokenId, std::string_view>> tokens_;
  std::vector<double> scores_;
  std::string unknown_;
};

}  // namespace

Result<TokenizerFiles> ReadTokenizerFolder(const std::string& folder) {
  TokenizerFiles files;
  const std::pair<const char*, std::string*> names[] = {
      {"tokenizer.json", &files.tokenizer_json},
      {"tokenizer_config.json", &files.tokenizer_config_json},
      {"special_tokens_map.json", &files.special_tokens_map_json},
      {"generation_config.json", &files.generation_config_json},
      {"config.json", &files.config_json},
      {"chat_template.jinja", &files.chat_template_jinja}};
  for (const auto& [name, text] : names) {
    const std::string path = Cat(folder, "/", name);
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) continue;
    const auto source = OpenFile(path);
    if (!source) return Fail(source.error());
    const auto bytes = (*source)->View(0, (*source)->size());
    if (!bytes) return Fail(bytes.error());
    text->assign(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }
  for (const char* name : kOtherForms) {
    std::error_code ignored;
    if (!std::filesystem::exists(Cat(folder, "/", name), ignored)) continue;
    files.other_form = name;
    break;
  }
  return files;
}

Result<TokenizerFromFiles> ReadTokenizerFiles(const TokenizerFiles& files) {
  TokenizerFromFiles result;
  const json file = json::parse(files.tokenizer_json, nullptr, false);
  if (file.is_discarded()) return Fail(ErrorCode::kCorrupt, kFile, " is no JSON");
  if (const Status read = Reader(result).Read(file); !read) return Fail(read.error());
  if (const Status read = ReadTokenizerConfig(files, result); !read) return Fail(read.error());
  return result;
}

}  // namespace ingle
