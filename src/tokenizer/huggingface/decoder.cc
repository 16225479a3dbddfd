// Decoders, token by token: what a token adds to a text depends on itself alone, and on whether it
// is the first.
#include <utility>

#include "base/utf8.h"
#include "tokenizer/byte_level.h"
#include "tokenizer/huggingface/components.h"
#include "tokenizer/huggingface/json_reader.h"
#include "tokenizer/replace_pattern.h"
#include "tokenizer/vocabulary.h"

namespace ingle {
namespace {

using nlohmann::json;

constexpr int kDeepest = 16;

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

void BytesOfSpelling(std::string& token) {
  std::string bytes;
  if (DecodeByteLevel(token, bytes)) token = std::move(bytes);
}

void BytesOfByteToken(std::string& token) {
  if (const auto byte = ParseByteToken(token)) token.assign(1, static_cast<char>(*byte));
}

// What the WordPiece decoder makes of English that was cut into words.
void CleanUp(std::string& text) {
  constexpr std::pair<std::string_view, std::string_view> kChanges[] = {
      {" .", "."},   {" ?", "?"},     {" !", "!"},    {" ,", ","},
      {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},  {" do not", " don't"},
      {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : kChanges) ReplaceAll(text, from, to);
}

// fused: tokens are one text by now, in which a match could reach across two of them.
Status ReadReplace(JsonReader& reader, bool fused, TokenDecoder& decoder) {
  const json& pattern = reader.Any("pattern");
  const std::string content = reader.Text("content");
  if (!pattern.is_object() || pattern.size() != 1 || !pattern.begin()->is_string() ||
      (pattern.begin().key() != "String" && pattern.begin().key() != "Regex")) {
    return Fail(ErrorCode::kCorrupt, reader.PathOf("pattern"),
                " holds neither a String nor a Regex");
  }
  const auto text = pattern.begin()->get<std::string>();
  const bool is_regex = pattern.begin().key() == "Regex";
  if (fused && (is_regex || text.empty() || DecodeUtf8(text).length != text.size())) {
    return Fail(ErrorCode::kUnsupported, reader.path(),
                " replaces more than a character behind Fuse");
  }
  auto parsed = is_regex ? ReplacePattern::Regex(text) : ReplacePattern::Literal(text);
  if (!parsed) return Fail(parsed.error(), reader.path());
  decoder.steps.emplace_back([replace = *std::move(parsed), content](std::string& token) {
    token = replace.Replace(token, content);
  });
  return {};
}

// A space off the beginning of the whole text, behind Fuse; any character off each token before.
Status ReadStrip(JsonReader& reader, bool fused, TokenDecoder& decoder) {
  const std::string content = reader.Text("content");
  const int64_t start = reader.Integer("start", 0);
  const int64_t stop = reader.Integer("stop", 0);
  if (fused) {
    if (content != " " || start > 1 || stop != 0) {
      return Fail(ErrorCode::kUnsupported, reader.path(),
                  " strips more than a space before a text");
    }
    if (start == 1) decoder.first = PipelineSpec::FirstToken::kWithoutSpace;
    return {};
  }
  decoder.steps.emplace_back([content, start, stop](std::string& token) {
    for (int64_t i = 0; i < start && token.starts_with(content) && !content.empty(); ++i) {
      token.erase(0, content.size());
    }
    for (int64_t i = 0; i < stop && token.ends_with(content) && !content.empty(); ++i) {
      token.erase(token.size() - content.size());
    }
  });
  return {};
}

void ReadMetaspace(JsonReader& reader, TokenDecoder& decoder) {
  const std::string replacement = reader.Text("replacement", kSentencePieceSpace);
  const bool prefixed = reader.Flag("add_prefix_space", true);
  const std::string scheme = reader.Text("prepend_scheme", prefixed ? "always" : "never");
  reader.Ignore({"split", "str_rep"});
  if (replacement.empty()) reader.Refuse(ErrorCode::kCorrupt, "replacement", "is empty");
  if (reader.failed()) return;
  if (scheme != "never") decoder.first = PipelineSpec::FirstToken::kWithoutSpaces;
  decoder.steps.emplace_back(
      [replacement](std::string& token) { ReplaceAll(token, replacement, " "); });
}

void ReadWordPiece(JsonReader& reader, TokenDecoder& decoder) {
  const std::string prefix = reader.Text("prefix", "##");
  const bool cleanup = reader.Flag("cleanup", true);
  decoder.first = PipelineSpec::FirstToken::kWithoutSpace;
  decoder.steps.emplace_back([prefix, cleanup](std::string& token) {
    if (!prefix.empty() && token.starts_with(prefix)) {
      token.erase(0, prefix.size());
    } else {
      token.insert(0, 1, ' ');
    }
    if (cleanup) CleanUp(token);
  });
}

Status ReadAt(const json& component, const std::string& path, int depth, bool& fused,
              TokenDecoder& decoder) {
  if (depth > kDeepest) return Fail(ErrorCode::kTooLarge, path, " lies too deep");
  JsonReader reader(component, path);
  const std::string type = reader.Text("type");
  Status read;
  if (fused && (type == "ByteLevel" || type == "ByteFallback" || type == "WordPiece")) {
    return Fail(ErrorCode::kUnsupported, path, " is ", type, ", which comes before Fuse");
  }
  if (type == "Sequence") {
    const json& list = reader.Any("decoders");
    if (!list.is_array())
      return Fail(ErrorCode::kCorrupt, reader.PathOf("decoders"), " is no list");
    size_t i = 0;
    for (const json& element : list) {
      const std::string at = Cat(reader.PathOf("decoders"), "[", i++, "]");
      if (auto done = ReadAt(element, at, depth + 1, fused, decoder); !done) return done;
    }
  } else if (type == "ByteLevel") {
    reader.Ignore({"add_prefix_space", "trim_offsets", "use_regex"});
    decoder.byte_level = decoder.steps.empty();
    decoder.steps.emplace_back(BytesOfSpelling);
    fused = true;
  } else if (type == "Replace") {
    read = ReadReplace(reader, fused, decoder);
  } else if (type == "ByteFallback") {
    decoder.steps.emplace_back(BytesOfByteToken);
  } else if (type == "Fuse") {
    fused = true;
  } else if (type == "Strip") {
    read = ReadStrip(reader, fused, decoder);
  } else if (type == "Metaspace") {
    ReadMetaspace(reader, decoder);
  } else if (type == "WordPiece") {
    ReadWordPiece(reader, decoder);
  } else if (!reader.failed()) {
    return Fail(ErrorCode::kUnsupported, reader.PathOf("type"), " is ", Quote(type),
                ", which this version does not know");
  }
  return read ? reader.Finish() : read;
}

}  // namespace

Status ReadDecoder(const json& component, const std::string& path, TokenDecoder& decoder) {
  if (component.is_null()) {
    // Without a decoder tokens are words.
    decoder.first = PipelineSpec::FirstToken::kWithoutSpace;
    decoder.steps.emplace_back([](std::string& token) { token.insert(0, 1, ' '); });
    return {};
  }
  bool fused = false;
  const Status read = ReadAt(component, path, 0, fused, decoder);
  if (decoder.steps.size() != 1 || decoder.first != PipelineSpec::FirstToken::kAsItIs) {
    decoder.byte_level = false;
  }
  return read;
}

}  // namespace ingle
