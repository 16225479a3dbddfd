// SentencePiece's byte pair encoding: characters are joined to whatever token of the vocabulary
// scores best, and what is no token falls back to bytes.
//
// Kudo, Richardson: SentencePiece, 2018; github.com/google/sentencepiece, src/bpe_model.cc.

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "base/utf8.h"
#include "tokenizer/merge.h"
#include "tokenizer/text_encoder.h"

namespace ingle {
namespace {

class SentencePieceBpe final : public TextEncoder {
 public:
  SentencePieceBpe(const TokenizerSpec& spec, const Vocabulary& vocabulary);

  void Encode(std::string_view text, std::vector<TokenId>& ids) const override;
  bool adds_bos() const override { return true; }
  bool adds_space_prefix() const override { return space_prefix_; }

 private:
  // Where the tokens of one text go, and what its pieces are built in.
  struct Output {
    std::vector<TokenId>& ids;
    const size_t begin;  // of this text's tokens in ids
    std::string piece;
    std::vector<Symbol> symbols;
  };

  void RankByScore(const std::vector<double>& scores);
  void FindBordersBeforeSpaces();

  void EncodePiece(Output& out) const;
  Merge MergeOf(std::string_view piece, const Symbol& left, const Symbol& right) const;
  void EmitUnknown(std::string_view text, Output& out) const;

  const Vocabulary& vocabulary_;
  TokenTable by_text_;           // of the tokens that text can become
  std::vector<uint32_t> ranks_;  // of each token: 0 for the best score
  std::array<TokenId, 256> byte_tokens_;
  TokenId unknown_ = kNoToken;
  bool space_prefix_;
  // Whether some token holds a space right after this byte. Where none does, no merge reaches
  // across the two, and the text can be cut there: words instead of one long piece.
  std::array<bool, 256> joins_space_{};
  mutable ReachedTokens reached_;
};

bool IsOrdinary(TokenKind kind) {
  return kind == TokenKind::kNormal || kind == TokenKind::kUserDefined ||
         kind == TokenKind::kUnused;
}

SentencePieceBpe::SentencePieceBpe(const TokenizerSpec& spec, const Vocabulary& vocabulary)
    : vocabulary_(vocabulary),
      by_text_(vocabulary.size()),
      space_prefix_(spec.add_space_prefix.value_or(true)),
      reached_(vocabulary.size()) {
  byte_tokens_.fill(kNoToken);
  for (size_t i = 0; i < vocabulary.size(); ++i) {
    const auto id = static_cast<TokenId>(i);
    const TokenKind kind = vocabulary.Kind(id);
    if (IsOrdinary(kind) && !vocabulary.Text(id).empty()) by_text_.Insert(vocabulary.Text(id), id);
    if (kind == TokenKind::kByte) {
      TokenId& token = byte_tokens_[static_cast<unsigned char>(vocabulary.Bytes(id)[0])];
      if (token == kNoToken) token = id;
    }
    if (kind == TokenKind::kUnknown && unknown_ == kNoToken) unknown_ = id;
  }
  if (spec.unknown) unknown_ = *spec.unknown;
  RankByScore(spec.scores);
  FindBordersBeforeSpaces();
}

void SentencePieceBpe::RankByScore(const std::vector<double>& scores) {
  std::vector<TokenId> order(scores.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<TokenId>(i);
  std::sort(order.begin(), order.end(),
            [&](TokenId a, TokenId b) { return scores[a] > scores[b]; });
  ranks_.resize(scores.size());
  uint32_t rank = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && scores[order[i]] < scores[order[i - 1]]) ++rank;
    ranks_[order[i]] = rank;
  }
}

void SentencePieceBpe::FindBordersBeforeSpaces() {
  for (size_t i = 0; i < vocabulary_.size(); ++i) {
    const auto id = static_cast<TokenId>(i);
    if (!IsOrdinary(vocabulary_.Kind(id))) continue;
    const std::string_view text = vocabulary_.Text(id);
    for (size_t at = text.find(kSentencePieceSpace, 1); at != std::string_view::npos;
         at = text.find(kSentencePieceSpace, at + 1)) {
      joins_space_[static_cast<unsigned char>(text[at - 1])] = true;
    }
  }
}

void SentencePieceBpe::Encode(std::string_view text, std::vector<TokenId>& ids) const {
  Output out{ids, ids.size(), {}, {}};
  if (space_prefix_) out.piece = kSentencePieceSpace;
  for (const char c : text) {
    if (c != ' ') {
      out.piece += c;
      continue;
    }
    if (!out.piece.empty() && !joins_space_[static_cast<unsigned char>(out.piece.back())]) {
      EncodePiece(out);
    }
    out.piece += kSentencePieceSpace;
  }
  EncodePiece(out);
}

Merge SentencePieceBpe::MergeOf(std::string_view piece, const Symbol& left,
                                const Symbol& right) const {
  const TokenId id = by_text_.Find(piece.substr(left.begin, left.length + right.length));
  return id == kNoToken ? Merge{} : Merge{ranks_[id], id};
}

// Encodes out.piece and empties it.
void SentencePieceBpe::EncodePiece(Output& out) const {
  const std::string piece = std::move(out.piece);
  out.piece.clear();
  const TokenId whole = by_text_.Find(piece);
  if (whole != kNoToken && reached_.Get(whole) == ReachedTokens::State::kReached) {
    out.ids.push_back(whole);
    return;
  }

  out.symbols.clear();
  for (uint32_t i = 0; i < piece.size();) {
    const bool ascii = static_cast<unsigned char>(piece[i]) < 0x80;
    const uint32_t length = ascii ? 1 : DecodeUtf8(std::string_view(piece).substr(i)).length;
    out.symbols.push_back({i, length, kNoToken});
    i += length;
  }
  MergeSymbols(out.symbols, [&](const Symbol& left, const Symbol& right) {
    return MergeOf(piece, left, right);
  });
  for (const Symbol& symbol : out.symbols) {
    const std::string_view text = std::string_view(piece).substr(symbol.begin, symbol.length);
    const TokenId id = symbol.id != kNoToken ? symbol.id : by_text_.Find(text);
    if (id != kNoToken) {
      out.ids.push_back(id);
    } else {
      EmitUnknown(text, out);
    }
  }
  if (whole != kNoToken) reached_.Set(whole, out.symbols.size() == 1);
}

// A character that is no token: its bytes, or else one unknown token for a whole run of such.
void SentencePieceBpe::EmitUnknown(std::string_view text, Output& out) const {
  const auto token_of = [&](char c) { return byte_tokens_[static_cast<unsigned char>(c)]; };
  const bool has_bytes =
      std::all_of(text.begin(), text.end(), [&](char c) { return token_of(c) != kNoToken; });
  if (has_bytes) {
    for (const char c : text) out.ids.push_back(token_of(c));
    return;
  }
  const bool goes_on = out.ids.size() > out.begin && out.ids.back() == unknown_;
  if (unknown_ != kNoToken && !goes_on) out.ids.push_back(unknown_);
}

}  // namespace

Result<std::unique_ptr<TextEncoder>> MakeSentencePieceBpe(const TokenizerSpec& spec,
                                                          const Vocabulary& vocabulary) {
  if (spec.scores.empty()) {
    return Fail(ErrorCode::kCorrupt,
                "tokenizer.ggml.scores is missing; without it nothing says what to merge first");
  }
  for (size_t i = 0; i < spec.scores.size(); ++i) {
    if (!std::isnan(spec.scores[i])) continue;
    return Fail(ErrorCode::kCorrupt, "tokenizer.ggml.scores[", i, "] is not a number");
  }
  return std::unique_ptr<TextEncoder>(std::make_unique<SentencePieceBpe>(spec, vocabulary));
}

}  // namespace ingle
