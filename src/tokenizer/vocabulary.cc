#include "tokenizer/vocabulary.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tokenizer/byte_level.h"

namespace ingle {
namespace {

// Ends of an answer, a turn or a message that models in use produce. Files often name only one of
// theirs, and some leave out the one that the chat template uses.
constexpr std::string_view kEndNames[] = {
    "</s>",
    "<eos>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end|>",
    "<end_of_turn>",
    "<turn|>",
    "<|return|>",
    "<|call|>",
    "<|calls|>",
    "<|flush|>",
    "<|tool_response>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "[e~[",
    "<end_of_utterance>",
    "<\xEF\xBD\x9C"
    "end\xE2\x96\x81of\xE2\x96\x81sentence\xEF\xBD\x9C>",
    // Of models that fill in the middle of code: padding and the start of another file.
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
};

// Where all of `with` are tokens, `name` ends only a part of an answer.
struct NotAnEnd {
  std::string_view name;
  std::string_view with[2];
};
constexpr NotAnEnd kNotEnds[] = {
    {"<|end|>", {"<|return|>", "<|call|>"}},
    {"<|end|>", {"<|calls|>", "<|flush|>"}},
    {"</s>", {"<|tool_response>", "<turn|>"}},
};

Status CheckId(const std::optional<TokenId>& id, std::string_view field, size_t count) {
  if (!id || (*id >= 0 && static_cast<size_t>(*id) < count)) return {};
  return Fail(ErrorCode::kCorrupt, "tokenizer.ggml.", field, " is ", *id, ", but there are ", count,
              " tokens");
}

Status CheckIds(const TokenizerSpec& spec) {
  const size_t count = spec.tokens.size();
  const std::pair<const std::optional<TokenId>*, std::string_view> ids[] = {
      {&spec.bos, "bos_token_id"}, {&spec.eos, "eos_token_id"},         {&spec.eot, "eot_token_id"},
      {&spec.eom, "eom_token_id"}, {&spec.unknown, "unknown_token_id"},
  };
  for (const auto& [id, field] : ids) {
    if (auto status = CheckId(*id, field, count); !status) return status;
  }
  for (const TokenId id : spec.strip_after) {
    const std::optional<TokenId> checked = id;
    if (auto status = CheckId(checked, "tokens to strip after", count); !status) return status;
  }
  return {};
}

// Where the tokens stand, for messages.
std::string_view TokensField(const TokenizerSpec& spec) {
  return spec.pipeline ? "tokenizer.json: model.vocab" : "tokenizer.ggml.tokens";
}

Status CheckSizes(const TokenizerSpec& spec) {
  const size_t count = spec.tokens.size();
  if (count == 0) return Fail(ErrorCode::kCorrupt, TokensField(spec), " is empty");
  if (count > static_cast<size_t>(std::numeric_limits<TokenId>::max())) {
    return Fail(ErrorCode::kTooLarge, "tokenizer.ggml.tokens has ", count, " entries");
  }
  const auto check = [&](std::string_view field, size_t size) -> Status {
    if (size == 0 || size == count) return {};
    return Fail(ErrorCode::kCorrupt, "tokenizer.ggml.", field, " has ", size,
                " entries, but there are ", count, " tokens");
  };
  if (auto status = check("scores", spec.scores.size()); !status) return status;
  if (auto status = check("token_type", spec.kinds.size()); !status) return status;
  uint64_t bytes = 0;
  for (const std::string_view token : spec.tokens) bytes += token.size();
  if (bytes > std::numeric_limits<uint32_t>::max()) {
    return Fail(ErrorCode::kTooLarge, "tokenizer.ggml.tokens has ", bytes, " bytes of text");
  }
  return {};
}

std::optional<int> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return std::nullopt;
}

std::string UnescapeSpaces(std::string_view text) {
  std::string out;
  for (size_t at = text.find(kSentencePieceSpace); at != std::string_view::npos;
       at = text.find(kSentencePieceSpace)) {
    out += text.substr(0, at);
    out += ' ';
    text.remove_prefix(at + kSentencePieceSpace.size());
  }
  out += text;
  return out;
}

// The longer prefix is the one that says which kind of token it is.
std::string WordPieceBytes(const TokenizerSpec& spec, std::string_view text, TokenKind kind) {
  if (kind == TokenKind::kUserDefined) return std::string(text);
  const auto begins = WithoutPrefix(text, spec.word_prefix);
  const auto continues = WithoutPrefix(text, spec.continuing_prefix);
  const bool goes_on =
      continues && (!begins || spec.continuing_prefix.size() >= spec.word_prefix.size());
  return goes_on ? std::string(*continues) : Cat(" ", begins.value_or(text));
}

// What a token that is not a byte token adds to a text.
std::string BytesOf(const TokenizerSpec& spec, std::string_view text, TokenKind kind,
                    Spelling spelling) {
  const bool literal = kind == TokenKind::kControl || kind == TokenKind::kUnknown;
  if (literal) return std::string(text);
  // Converters write spaces of added tokens as either.
  if (spelling == Spelling::kSentencePiece) return UnescapeSpaces(text);
  if (spelling == Spelling::kWordPiece) return WordPieceBytes(spec, text, kind);
  std::string bytes;
  if (kind == TokenKind::kUserDefined || !DecodeByteLevel(text, bytes)) return std::string(text);
  return bytes;
}

}  // namespace

std::optional<std::string_view> WithoutPrefix(std::string_view text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return std::nullopt;
  return text.substr(prefix.size());
}

std::optional<uint8_t> ParseByteToken(std::string_view text) {
  if (text.size() != 6 || text.substr(0, 3) != "<0x" || text[5] != '>') return std::nullopt;
  const std::optional<int> high = HexDigit(text[3]);
  const std::optional<int> low = HexDigit(text[4]);
  if (!high || !low) return std::nullopt;
  return static_cast<uint8_t>(*high << 4 | *low);
}

Result<Vocabulary> Vocabulary::Create(const TokenizerSpec& spec, Spelling spelling) {
  if (auto status = CheckSizes(spec); !status) return Fail(status.error());
  if (auto status = CheckIds(spec); !status) return Fail(status.error());
  Vocabulary vocabulary(spec.tokens.size());
  for (size_t i = 0; i < spec.tokens.size(); ++i) {
    const Status status = vocabulary.AddToken(spec, static_cast<TokenId>(i), spelling);
    if (!status) return Fail(status.error());
  }
  // Only now do the texts stay where they are.
  for (size_t i = 0; i < vocabulary.size(); ++i) {
    const auto id = static_cast<TokenId>(i);
    if (vocabulary.Text(id).empty()) continue;
    const TokenId earlier = vocabulary.by_text_.Insert(vocabulary.Text(id), id);
    if (earlier == kNoToken) continue;
    return Fail(ErrorCode::kCorrupt, TokensField(spec), " has ", Quote(vocabulary.Text(id)),
                " twice, as ", earlier, " and ", id);
  }
  vocabulary.CollectEndOfGeneration(spec);
  return vocabulary;
}

Status Vocabulary::AddToken(const TokenizerSpec& spec, TokenId id, Spelling spelling) {
  const std::string_view text = spec.tokens[id];
  TokenKind kind = spec.kinds.empty() ? TokenKind::kNormal : spec.kinds[id];
  const std::optional<uint8_t> byte = ParseByteToken(text);
  if (kind == TokenKind::kByte && !byte) {
    return Fail(ErrorCode::kCorrupt, "tokenizer.ggml.tokens[", id, "] is ", Quote(text),
                ", but tokenizer.ggml.token_type says that it is a byte such as '<0x0A>'");
  }
  // Some files do not mark the bytes of a SentencePiece vocabulary.
  if (spelling == Spelling::kSentencePiece && kind == TokenKind::kNormal && byte) {
    kind = TokenKind::kByte;
  }
  texts_.Append(text);
  if (spelling == Spelling::kGiven) {
    bytes_.Append(spec.pipeline->bytes[id]);
  } else {
    bytes_.Append(kind == TokenKind::kByte ? std::string(1, static_cast<char>(*byte))
                                           : BytesOf(spec, text, kind, spelling));
  }
  kinds_.push_back(kind);
  return {};
}

void Vocabulary::CollectEndOfGeneration(const TokenizerSpec& spec) {
  for (const std::string_view name : kEndNames) {
    const TokenId id = Find(name);
    // A piece of ordinary text that happens to be spelled so ends nothing.
    if (id == kNoToken || Kind(id) == TokenKind::kNormal || Kind(id) == TokenKind::kUnused)
      continue;
    const bool excepted =
        std::any_of(std::begin(kNotEnds), std::end(kNotEnds), [&](const NotAnEnd& exception) {
          return exception.name == name && Find(exception.with[0]) != kNoToken &&
                 Find(exception.with[1]) != kNoToken;
        });
    if (!excepted) ends_.push_back(id);
  }
  for (const auto& id : {spec.eos, spec.eot, spec.eom}) {
    if (id) ends_.push_back(*id);
  }
  if (spec.pipeline) {
    ends_.insert(ends_.end(), spec.pipeline->ends.begin(), spec.pipeline->ends.end());
  }
  std::sort(ends_.begin(), ends_.end());
}

bool Vocabulary::IsEndOfGeneration(TokenId id) const {
  return std::binary_search(ends_.begin(), ends_.end(), id);
}

}  // namespace ingle
