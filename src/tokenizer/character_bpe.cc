// Byte pair encoding over characters: of Llama 2, Gemma and others whose tokens spell a space as
// U+2581, and of those that mark the beginning or the end of a word.
//
// What the Python package `tokenizers` does, step by step: unknown characters before merges, fused
// where the file asks for it.
#include <array>
#include <string>

#include "base/utf8.h"
#include "tokenizer/merge.h"
#include "tokenizer/merge_table.h"
#include "tokenizer/text_encoder.h"

namespace ingle {
namespace {

class CharacterBpe final : public TextEncoder {
 public:
  CharacterBpe(const TokenizerSpec& spec, const Vocabulary& vocabulary);

  Status AddMerges(const PipelineSpec& pipeline);

  void Encode(std::string_view text, std::vector<TokenId>& ids) const override;
  bool adds_bos() const override { return false; }
  bool adds_space_prefix() const override { return false; }

 private:
  void EncodePiece(std::string_view piece, std::vector<Symbol>& symbols,
                   std::vector<TokenId>& ids) const;
  TokenId FindWhole(std::string_view piece) const;
  void FindSymbols(std::string_view piece, std::vector<Symbol>& symbols) const;
  bool AddBytes(std::string_view character, uint32_t begin, std::vector<Symbol>& symbols) const;
  void FindBordersBeforeSpaces(std::string_view merged);

  // The token that ordinary text may become, which control tokens are not.
  TokenId FindOrdinary(std::string_view text) const {
    const TokenId id = by_text_.Find(text);
    return id != kNoToken && vocabulary_.Kind(id) == TokenKind::kControl ? kNoToken : id;
  }

  const Vocabulary& vocabulary_;
  TokenTable by_text_;
  std::array<TokenId, 256> byte_tokens_;
  TokenId unknown_;
  MergeTable merges_;
  bool ignore_merges_;
  bool fuse_unknown_;
  bool byte_fallback_;
  std::string prefix_;
  std::string suffix_;
  // Whether some merge makes a token with a U+2581 right after this byte. Where none does, no merge
  // reaches across the two, and the text can be cut there: words instead of one long piece.
  std::array<bool, 256> joins_space_{};
  mutable ReachedTokens reached_;
};

CharacterBpe::CharacterBpe(const TokenizerSpec& spec, const Vocabulary& vocabulary)
    : vocabulary_(vocabulary),
      by_text_(vocabulary.size()),
      unknown_(spec.unknown.value_or(kNoToken)),
      merges_(spec.pipeline->merges.size()),
      ignore_merges_(spec.pipeline->ignore_merges),
      fuse_unknown_(spec.pipeline->fuse_unknown),
      byte_fallback_(spec.pipeline->byte_fallback),
      prefix_(spec.pipeline->prefix),
      suffix_(spec.pipeline->suffix),
      reached_(vocabulary.size()) {
  byte_tokens_.fill(kNoToken);
  for (size_t i = 0; i < vocabulary.size(); ++i) {
    const auto id = static_cast<TokenId>(i);
    if (vocabulary.Text(id).empty() || vocabulary.Kind(id) == TokenKind::kUnused) continue;
    by_text_.Insert(vocabulary.Text(id), id);
    if (const auto byte = ParseByteToken(vocabulary.Text(id))) byte_tokens_[*byte] = id;
  }
}

Status CharacterBpe::AddMerges(const PipelineSpec& pipeline) {
  uint32_t rank = 0;
  for (const auto& [left, right] : pipeline.merges) {
    std::string merged(left);
    merged += right.starts_with(prefix_) ? right.substr(prefix_.size()) : right;
    const TokenId ids[] = {by_text_.Find(left), by_text_.Find(right), by_text_.Find(merged)};
    for (const TokenId id : ids) {
      if (id != kNoToken) continue;
      return Fail(ErrorCode::kCorrupt, "tokenizer.json: model.merges[", rank, "], ", Quote(left),
                  " and ", Quote(right), ", names a piece or makes one that is not in model.vocab");
    }
    if (FindOrdinary(merged) != kNoToken) merges_.Insert(ids[0], ids[1], {rank, ids[2]});
    FindBordersBeforeSpaces(merged);
    ++rank;
  }
  return {};
}

void CharacterBpe::FindBordersBeforeSpaces(std::string_view merged) {
  for (size_t at = merged.find(kSentencePieceSpace, 1); at != std::string_view::npos;
       at = merged.find(kSentencePieceSpace, at + 1)) {
    joins_space_[static_cast<unsigned char>(merged[at - 1])] = true;
  }
}

void CharacterBpe::Encode(std::string_view text, std::vector<TokenId>& ids) const {
  std::vector<Symbol> symbols;
  // A cut would end a word, or hide the whole of one.
  if (!ignore_merges_ && prefix_.empty() && suffix_.empty()) {
    for (size_t at = text.find(kSentencePieceSpace, 1); at != std::string_view::npos;) {
      if (joins_space_[static_cast<unsigned char>(text[at - 1])]) {
        at = text.find(kSentencePieceSpace, at + 1);
        continue;
      }
      EncodePiece(text.substr(0, at), symbols, ids);
      text.remove_prefix(at);
      at = text.find(kSentencePieceSpace, 1);
    }
  }
  if (!text.empty()) EncodePiece(text, symbols, ids);
}

void CharacterBpe::EncodePiece(std::string_view piece, std::vector<Symbol>& symbols,
                               std::vector<TokenId>& ids) const {
  const TokenId whole = FindWhole(piece);
  if (whole != kNoToken &&
      (ignore_merges_ || reached_.Get(whole) == ReachedTokens::State::kReached)) {
    ids.push_back(whole);
    return;
  }
  FindSymbols(piece, symbols);
  MergeSymbols(symbols, [&](const Symbol& left, const Symbol& right) {
    return merges_.Find(left.id, right.id);
  });
  for (const Symbol& symbol : symbols) ids.push_back(symbol.id);
  if (whole != kNoToken) reached_.Set(whole, symbols.size() == 1 && symbols[0].id == whole);
}

// The token that spells a piece. It ends a word, and has no prefix, since it begins one as well.
TokenId CharacterBpe::FindWhole(std::string_view piece) const {
  if (suffix_.empty() || ignore_merges_) return FindOrdinary(piece);
  if (piece.size() >= by_text_.longest()) return kNoToken;
  std::string spelled(piece);
  spelled += suffix_;
  return FindOrdinary(spelled);
}

// The characters as tokens.
void CharacterBpe::FindSymbols(std::string_view piece, std::vector<Symbol>& symbols) const {
  symbols.clear();
  bool in_unknown = false;  // the last symbol is an unknown one
  std::string spelled;
  for (uint32_t begin = 0, length = 0; begin < piece.size(); begin += length) {
    const bool ascii = static_cast<unsigned char>(piece[begin]) < 0x80;
    length = ascii ? 1 : DecodeUtf8(piece.substr(begin)).length;
    const std::string_view character = piece.substr(begin, length);
    std::string_view text = character;
    if (!prefix_.empty() || !suffix_.empty()) {
      spelled = begin > 0 ? prefix_ : std::string();
      spelled += character;
      if (begin + length == piece.size()) spelled += suffix_;
      text = spelled;
    }
    const TokenId id = FindOrdinary(text);
    if (id != kNoToken) {
      symbols.push_back({begin, length, id});
      in_unknown = false;
    } else if (AddBytes(text, begin, symbols)) {
      in_unknown = false;
    } else if (unknown_ != kNoToken) {
      if (in_unknown && fuse_unknown_) {
        symbols.back().length += length;
      } else {
        symbols.push_back({begin, length, unknown_});
      }
      in_unknown = true;
    }
  }
}

// The bytes of a character as tokens, where all of them are.
bool CharacterBpe::AddBytes(std::string_view character, uint32_t begin,
                            std::vector<Symbol>& symbols) const {
  if (!byte_fallback_) return false;
  for (const char c : character) {
    if (byte_tokens_[static_cast<unsigned char>(c)] == kNoToken) return false;
  }
  for (uint32_t i = 0; i < character.size(); ++i) {
    symbols.push_back({begin + i, 1, byte_tokens_[static_cast<unsigned char>(character[i])]});
  }
  return true;
}

// A piece is a token, or unknown.
class WholeWords final : public TextEncoder {
 public:
  WholeWords(const TokenizerSpec& spec, const Vocabulary& vocabulary)
      : vocabulary_(vocabulary), unknown_(spec.unknown.value_or(kNoToken)) {}

  void Encode(std::string_view text, std::vector<TokenId>& ids) const override {
    const TokenId id = vocabulary_.Find(text);
    const bool known = id != kNoToken && vocabulary_.Kind(id) != TokenKind::kControl;
    if (known || unknown_ != kNoToken) ids.push_back(known ? id : unknown_);
  }
  bool adds_bos() const override { return false; }
  bool adds_space_prefix() const override { return false; }

 private:
  const Vocabulary& vocabulary_;
  TokenId unknown_;
};

}  // namespace

Result<std::unique_ptr<TextEncoder>> MakeCharacterBpe(const TokenizerSpec& spec,
                                                      const Vocabulary& vocabulary) {
  if (spec.pipeline->merges.size() >= Merge::kNever) {
    return Fail(ErrorCode::kTooLarge, "tokenizer.json: model.merges has ",
                spec.pipeline->merges.size(), " entries");
  }
  auto encoder = std::make_unique<CharacterBpe>(spec, vocabulary);
  if (const Status added = encoder->AddMerges(*spec.pipeline); !added) return Fail(added.error());
  return std::unique_ptr<TextEncoder>(std::move(encoder));
}

Result<std::unique_ptr<TextEncoder>> MakeWholeWords(const TokenizerSpec& spec,
                                                    const Vocabulary& vocabulary) {
  return std::unique_ptr<TextEncoder>(std::make_unique<WholeWords>(spec, vocabulary));
}

}  // namespace ingle
