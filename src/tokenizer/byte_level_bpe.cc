// Byte pair encoding over bytes, in pieces that a pre-tokenizer cuts.
//
// Radford et al.: Language Models are Unsupervised Multitask Learners, 2019 (GPT-2).

#include <array>
#include <string>

#include "tokenizer/byte_level.h"
#include "tokenizer/merge.h"
#include "tokenizer/merge_table.h"
#include "tokenizer/pretokenizer.h"
#include "tokenizer/text_encoder.h"

namespace ingle {
namespace {

class ByteLevelBpe final : public TextEncoder {
 public:
  ByteLevelBpe(const PreTokenizer& pre_tokenizer, const Vocabulary& vocabulary, size_t merges);

  // field: where the merges stand, for messages.
  Status AddMerge(std::string_view field, uint32_t rank, std::string_view line);

  void Encode(std::string_view text, std::vector<TokenId>& ids) const override;
  bool adds_bos() const override { return pre_tokenizer_.adds_bos; }
  bool adds_space_prefix() const override { return false; }

 private:
  void EncodePiece(std::string_view piece, std::vector<Symbol>& symbols,
                   std::vector<TokenId>& ids) const;

  bool IsOrdinary(TokenId id) const { return vocabulary_.Kind(id) == TokenKind::kNormal; }

  // What ordinary text must never become.
  bool IsControl(TokenId id) const {
    return id != kNoToken && vocabulary_.Kind(id) == TokenKind::kControl;
  }

  const PreTokenizer& pre_tokenizer_;
  const Vocabulary& vocabulary_;
  TokenTable by_bytes_;
  std::array<TokenId, 256> byte_tokens_;
  MergeTable merges_;
  mutable ReachedTokens reached_;
};

bool IsAscii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

ByteLevelBpe::ByteLevelBpe(const PreTokenizer& pre_tokenizer, const Vocabulary& vocabulary,
                           size_t merges)
    : pre_tokenizer_(pre_tokenizer),
      vocabulary_(vocabulary),
      by_bytes_(vocabulary.size()),
      merges_(merges),
      reached_(vocabulary.size()) {
  // Two spellings can stand for the same bytes when one of them is not byte-level; that one yields.
  const auto is_literal = [&](TokenId id) {
    return !IsOrdinary(id) ||
           (vocabulary.Text(id) == vocabulary.Bytes(id) && !IsAscii(vocabulary.Text(id)));
  };
  for (const bool literal : {false, true}) {
    for (size_t i = 0; i < vocabulary.size(); ++i) {
      const auto id = static_cast<TokenId>(i);
      if (is_literal(id) != literal || vocabulary.Bytes(id).empty()) continue;
      by_bytes_.Insert(vocabulary.Bytes(id), id);
    }
  }
  for (size_t byte = 0; byte < byte_tokens_.size(); ++byte) {
    const char c = static_cast<char>(byte);
    const TokenId token = by_bytes_.Find({&c, 1});
    byte_tokens_[byte] = IsControl(token) ? kNoToken : token;
  }
}

Status ByteLevelBpe::AddMerge(std::string_view field, uint32_t rank, std::string_view line) {
  const auto fail = [&](const auto&... why) {
    return Fail(ErrorCode::kCorrupt, field, "[", rank, "], ", Quote(line), ", ", why...);
  };
  const size_t space = line.find(' ', 1);
  if (space == std::string_view::npos) return fail("is not two pieces with a space between");

  std::string bytes;
  bool spelled = DecodeByteLevel(line.substr(0, space), bytes);
  const size_t middle = bytes.size();
  spelled = spelled && DecodeByteLevel(line.substr(space + 1), bytes) && bytes.size() > middle;
  if (!spelled) return fail("is not spelled in byte-level text");
  const std::string_view merged = bytes;
  const TokenId left = by_bytes_.Find(merged.substr(0, middle));
  const TokenId right = by_bytes_.Find(merged.substr(middle));
  const TokenId both = by_bytes_.Find(merged);
  if (left == kNoToken || right == kNoToken || both == kNoToken) {
    return fail("names a piece or makes one that is no token");
  }
  if (!IsControl(both)) merges_.Insert(left, right, {rank, both});
  return {};
}

void ByteLevelBpe::Encode(std::string_view text, std::vector<TokenId>& ids) const {
  std::vector<Symbol> symbols;
  if (pre_tokenizer_.stages.empty()) return EncodePiece(text, symbols, ids);
  size_t begin = 0;
  for (const uint32_t end : pre_tokenizer_.Split(text)) {
    EncodePiece(text.substr(begin, end - begin), symbols, ids);
    begin = end;
  }
}

void ByteLevelBpe::EncodePiece(std::string_view piece, std::vector<Symbol>& symbols,
                               std::vector<TokenId>& ids) const {
  const TokenId whole = by_bytes_.Find(piece);
  if (whole != kNoToken) {
    if (reached_.Get(whole) == ReachedTokens::State::kReached ||
        (pre_tokenizer_.whole_pieces_first && IsOrdinary(whole))) {
      ids.push_back(whole);
      return;
    }
  }

  symbols.clear();
  for (uint32_t i = 0; i < piece.size(); ++i) {
    const TokenId byte = byte_tokens_[static_cast<unsigned char>(piece[i])];
    if (byte == kNoToken) continue;  // SmolLM2, for one, has none for 0x16
    symbols.push_back({i, 1, byte});
  }
  MergeSymbols(symbols, [&](const Symbol& left, const Symbol& right) {
    return merges_.Find(left.id, right.id);
  });
  for (const Symbol& symbol : symbols) ids.push_back(symbol.id);
  if (whole != kNoToken) reached_.Set(whole, symbols.size() == 1 && symbols[0].id == whole);
}

}  // namespace

Result<std::unique_ptr<TextEncoder>> MakeByteLevelBpe(const TokenizerSpec& spec,
                                                      const Vocabulary& vocabulary) {
  Result<const PreTokenizer*> pre_tokenizer = nullptr;
  if (spec.pipeline) {
    pre_tokenizer = &PreTokenizer::None(spec.pipeline->ignore_merges);
  } else {
    pre_tokenizer = PreTokenizer::Find(spec.pre.empty() ? "default" : spec.pre);
  }
  if (!pre_tokenizer) return Fail(pre_tokenizer.error());
  const std::string_view field =
      spec.pipeline ? "tokenizer.json: model.merges" : "tokenizer.ggml.merges";
  if (spec.merges.size() >= Merge::kNever) {
    return Fail(ErrorCode::kTooLarge, field, " has ", spec.merges.size(), " entries");
  }
  auto encoder = std::make_unique<ByteLevelBpe>(**pre_tokenizer, vocabulary, spec.merges.size());
  for (size_t i = 0; i < spec.merges.size(); ++i) {
    const Status status = encoder->AddMerge(field, static_cast<uint32_t>(i), spec.merges[i]);
    if (!status) return Fail(status.error());
  }
  return std::unique_ptr<TextEncoder>(std::move(encoder));
}

}  // namespace ingle
