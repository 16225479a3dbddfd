#include "tokenizer/huggingface/components.h"

#include <optional>
#include <utility>

#include "tokenizer/huggingface/json_reader.h"

namespace ingle {
namespace {

using nlohmann::json;

constexpr int kDeepest = 16;  // sequences in sequences

std::string TypeOf(JsonReader& reader) { return reader.Text("type"); }

tl::unexpected<Error> UnknownType(const JsonReader& reader, const std::string& type) {
  return Fail(ErrorCode::kUnsupported, reader.PathOf("type"), " is ", Quote(type),
              ", which this version does not know");
}

// Calls read for each element of a list field of the component, with its path.
template <class Read>
Status ForEach(JsonReader& reader, std::string_view field, const Read& read) {
  const json& list = reader.Any(field);
  if (!list.is_array()) return Fail(ErrorCode::kCorrupt, reader.PathOf(field), " is no list");
  size_t i = 0;
  for (const json& element : list) {
    if (auto done = read(element, Cat(reader.PathOf(field), "[", i++, "]")); !done) return done;
  }
  return reader.Finish();
}

// {"String": "x"} or {"Regex": "x"}
std::string ReadPattern(JsonReader& reader, bool& is_regex) {
  const json& pattern = reader.Any("pattern");
  for (const char* kind : {"String", "Regex"}) {
    if (!pattern.is_object() || pattern.size() != 1 || !pattern.contains(kind)) continue;
    if (!pattern[kind].is_string()) break;
    is_regex = kind[0] == 'R';
    return pattern[kind].get<std::string>();
  }
  reader.Refuse(ErrorCode::kCorrupt, "pattern", "holds neither a String nor a Regex");
  return "";
}

SplitBehavior ReadBehavior(JsonReader& reader, std::string_view otherwise) {
  const std::string name = reader.Text("behavior", otherwise);
  constexpr std::pair<std::string_view, SplitBehavior> kNames[] = {
      {"Isolated", SplitBehavior::kIsolated},
      {"Removed", SplitBehavior::kRemoved},
      {"MergedWithPrevious", SplitBehavior::kMergedWithPrevious},
      {"MergedWithNext", SplitBehavior::kMergedWithNext},
      {"Contiguous", SplitBehavior::kContiguous}};
  for (const auto& [known, behavior] : kNames) {
    if (known == name) return behavior;
  }
  reader.Refuse(ErrorCode::kUnsupported, "behavior", Cat("is ", Quote(name)));
  return SplitBehavior::kIsolated;
}

std::optional<bool> OptionalFlag(JsonReader& reader, std::string_view name) {
  return reader.Any(name).is_null() ? std::nullopt : std::optional(reader.Flag(name, false));
}

std::optional<NormalForm> NormalFormOf(std::string_view type) {
  if (type == "NFC") return NormalForm{false, true};
  if (type == "NFD") return NormalForm{false, false};
  if (type == "NFKC") return NormalForm{true, true};
  if (type == "NFKD") return NormalForm{true, false};
  return std::nullopt;
}

std::string DecodeBase64(JsonReader& reader, std::string_view field) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text = reader.Text(field);
  while (text.ends_with('=')) text.pop_back();
  std::string bytes;
  uint32_t held = 0;
  int bits = 0;
  for (const char c : text) {
    const size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) {
      reader.Refuse(ErrorCode::kCorrupt, field, "is not in base 64");
      return "";
    }
    held = held << 6 | static_cast<uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(held >> bits & 0xFF);
  }
  return bytes;
}

Status ReadNormalizerAt(const json& component, const std::string& path, int depth,
                        std::vector<NormalizerStep>& steps) {
  if (component.is_null()) return {};
  if (depth > kDeepest) return Fail(ErrorCode::kTooLarge, path, " lies too deep");
  JsonReader reader(component, path);
  const std::string type = TypeOf(reader);
  if (type == "Sequence") {
    return ForEach(reader, "normalizers", [&](const json& element, const std::string& at) {
      return ReadNormalizerAt(element, at, depth + 1, steps);
    });
  }
  if (const auto form = NormalFormOf(type)) {
    steps.emplace_back(*form);
  } else if (type == "Lowercase") {
    steps.emplace_back(LowercaseStep{});
  } else if (type == "StripAccents") {
    steps.emplace_back(StripAccentsStep{});
  } else if (type == "Nmt") {
    steps.emplace_back(NmtStep{});
  } else if (type == "ByteLevel") {
    steps.emplace_back(ByteLevelStep{});
  } else if (type == "BertNormalizer") {
    steps.emplace_back(
        BertStep{reader.Flag("clean_text", true), reader.Flag("handle_chinese_chars", true),
                 OptionalFlag(reader, "strip_accents"), reader.Flag("lowercase", true)});
  } else if (type == "Strip") {
    steps.emplace_back(
        StripStep{reader.Flag("strip_left", true), reader.Flag("strip_right", true)});
  } else if (type == "Prepend") {
    steps.emplace_back(PrependStep{reader.Text("prepend")});
  } else if (type == "Replace") {
    ReplaceStep step;
    step.pattern = ReadPattern(reader, step.is_regex);
    step.content = reader.Text("content");
    steps.emplace_back(std::move(step));
  } else if (type == "Precompiled") {
    steps.emplace_back(PrecompiledStep{DecodeBase64(reader, "precompiled_charsmap")});
  } else if (!reader.failed()) {
    return UnknownType(reader, type);
  }
  return reader.Finish();
}

MetaspaceStep ReadMetaspace(JsonReader& reader) {
  MetaspaceStep step;
  step.replacement = reader.Text("replacement", step.replacement);
  if (step.replacement.empty()) reader.Refuse(ErrorCode::kCorrupt, "replacement", "is empty");
  step.split = reader.Flag("split", true);
  const bool prefixed = reader.Flag("add_prefix_space", true);  // the older way to say it
  const std::string scheme = reader.Text("prepend_scheme", prefixed ? "always" : "never");
  reader.Ignore({"str_rep"});
  if (scheme == "first") {
    step.prepend = MetaspaceStep::Prepend::kFirst;
  } else if (scheme == "never") {
    step.prepend = MetaspaceStep::Prepend::kNever;
  } else if (scheme != "always") {
    reader.Refuse(ErrorCode::kUnsupported, "prepend_scheme", Cat("is ", Quote(scheme)));
  }
  return step;
}

BytesStep ReadByteLevel(JsonReader& reader) {
  reader.Ignore({"trim_offsets"});
  return {reader.Flag("add_prefix_space", true), reader.Flag("use_regex", true)};
}

Status ReadPreTokenizerAt(const json& component, const std::string& path, int depth,
                          std::vector<PieceStep>& steps) {
  if (component.is_null()) return {};
  if (depth > kDeepest) return Fail(ErrorCode::kTooLarge, path, " lies too deep");
  JsonReader reader(component, path);
  const std::string type = TypeOf(reader);
  if (type == "Sequence") {
    return ForEach(reader, "pretokenizers", [&](const json& element, const std::string& at) {
      return ReadPreTokenizerAt(element, at, depth + 1, steps);
    });
  }
  if (type == "ByteLevel") {
    steps.emplace_back(ReadByteLevel(reader));
  } else if (type == "Metaspace") {
    steps.emplace_back(ReadMetaspace(reader));
  } else if (type == "Split") {
    SplitStep step;
    step.pattern = ReadPattern(reader, step.is_regex);
    step.behavior = ReadBehavior(reader, "");
    step.invert = reader.Flag("invert", false);
    steps.emplace_back(std::move(step));
  } else if (type == "CharDelimiterSplit") {
    steps.emplace_back(SplitStep{reader.Text("delimiter"), false, SplitBehavior::kRemoved, false});
  } else if (type == "Whitespace") {
    steps.emplace_back(WordsStep{});
  } else if (type == "WhitespaceSplit") {
    steps.emplace_back(WhiteSpaceStep{});
  } else if (type == "BertPreTokenizer") {
    steps.emplace_back(BertWordsStep{});
  } else if (type == "Digits") {
    steps.emplace_back(DigitsStep{reader.Flag("individual_digits", false)});
  } else if (type == "Punctuation") {
    steps.emplace_back(PunctuationStep{ReadBehavior(reader, "Isolated")});
  } else if (!reader.failed()) {
    return UnknownType(reader, type);
  }
  return reader.Finish();
}

// ["[CLS]", 101]
std::optional<TokenId> ReadPair(JsonReader& reader, std::string_view field) {
  const json& pair = reader.Any(field);
  if (pair.is_array() && pair.size() == 2 && pair[1].is_number_unsigned() &&
      pair[1].get<uint64_t>() <= INT32_MAX) {
    return pair[1].get<TokenId>();
  }
  reader.Refuse(ErrorCode::kCorrupt, field, "is no pair of a token and its id");
  return std::nullopt;
}

// {"SpecialToken": {"id": "[CLS]", "type_id": 0}}: the token's name; its ids stand elsewhere.
Status AppendTemplateIds(const json& piece, const json& special, const std::string& path,
                         std::vector<TokenId>& ids) {
  const json name = piece.value("SpecialToken", json::object()).value("id", json());
  const auto found = name.is_string() && special.is_object()
                         ? special.find(name.get_ref<const std::string&>())
                         : special.end();
  const bool known = special.is_object() && found != special.end() && found->is_object() &&
                     found->contains("ids") && (*found)["ids"].is_array();
  if (!known) return Fail(ErrorCode::kCorrupt, path, " names no token of special_tokens");
  for (const json& id : (*found)["ids"]) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() > INT32_MAX) {
      return Fail(ErrorCode::kCorrupt, path, " stands for an id that is none");
    }
    ids.push_back(id.get<TokenId>());
  }
  return {};
}

Status ReadTemplate(JsonReader& reader, std::vector<TokenId>& before, std::vector<TokenId>& after) {
  reader.Ignore({"pair"});
  const json& special = reader.Any("special_tokens");
  bool text_seen = false;
  std::vector<TokenId> new_before, new_after;
  const Status read =
      ForEach(reader, "single", [&](const json& piece, const std::string& path) -> Status {
        if (!piece.is_object()) return Fail(ErrorCode::kCorrupt, path, " is no object");
        if (piece.contains("Sequence")) {
          if (std::exchange(text_seen, true)) {
            return Fail(ErrorCode::kUnsupported, path, " has the text twice");
          }
          return {};
        }
        if (!piece.contains("SpecialToken") || !piece["SpecialToken"].is_object()) {
          return Fail(ErrorCode::kCorrupt, path, " is neither a Sequence nor a SpecialToken");
        }
        return AppendTemplateIds(piece, special, path, text_seen ? new_after : new_before);
      });
  if (!read) return read;
  if (!text_seen) return Fail(ErrorCode::kUnsupported, reader.PathOf("single"), " lacks the text");
  before.insert(before.begin(), new_before.begin(), new_before.end());
  after.insert(after.end(), new_after.begin(), new_after.end());
  return {};
}

Status ReadPostProcessorAt(const json& component, const std::string& path, int depth,
                           std::vector<TokenId>& before, std::vector<TokenId>& after) {
  if (component.is_null()) return {};
  if (depth > kDeepest) return Fail(ErrorCode::kTooLarge, path, " lies too deep");
  JsonReader reader(component, path);
  const std::string type = TypeOf(reader);
  if (type == "Sequence") {
    return ForEach(reader, "processors", [&](const json& element, const std::string& at) {
      return ReadPostProcessorAt(element, at, depth + 1, before, after);
    });
  }
  if (type == "TemplateProcessing") return ReadTemplate(reader, before, after);
  if (type == "BertProcessing" || type == "RobertaProcessing") {
    const auto first = ReadPair(reader, "cls");
    const auto last = ReadPair(reader, "sep");
    if (first) before.insert(before.begin(), *first);
    if (last) after.push_back(*last);
    reader.Ignore({"trim_offsets", "add_prefix_space"});
  } else if (type == "ByteLevel") {
    reader.Ignore({"add_prefix_space", "trim_offsets", "use_regex"});
  } else if (!reader.failed()) {
    return UnknownType(reader, type);
  }
  return reader.Finish();
}

}  // namespace

Status ReadNormalizer(const json& component, const std::string& path,
                      std::vector<NormalizerStep>& steps) {
  return ReadNormalizerAt(component, path, 0, steps);
}

Status ReadPreTokenizer(const json& component, const std::string& path,
                        std::vector<PieceStep>& steps) {
  return ReadPreTokenizerAt(component, path, 0, steps);
}

Status ReadPostProcessor(const json& component, const std::string& path,
                         std::vector<TokenId>& before, std::vector<TokenId>& after) {
  return ReadPostProcessorAt(component, path, 0, before, after);
}

}  // namespace ingle
