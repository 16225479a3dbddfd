// SentencePiece's unigram model: of all ways to cut a word into tokens, the one whose tokens are
// the likeliest together.
//
// Kudo: Subword Regularization, 2018; github.com/google/sentencepiece, src/unigram_model.cc. Words
// are cut before, and sums and ties go, as in the package `tokenizers`.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "base/utf8.h"
#include "tokenizer/prefix_trie.h"
#include "tokenizer/text_encoder.h"

namespace ingle {
namespace {

// How much worse than the worst token a character is that no token spells.
constexpr double kUnknownPenalty = 10;

class Unigram final : public TextEncoder {
 public:
  Unigram(const TokenizerSpec& spec, const Vocabulary& vocabulary, PrefixTrie trie);

  void Encode(std::string_view text, std::vector<TokenId>& ids) const override;
  bool adds_bos() const override { return false; }
  bool adds_space_prefix() const override { return space_prefix_; }

 private:
  // The likeliest way to a place in a piece: its last token, and where that begins.
  struct Step {
    double score = 0;
    uint32_t begin = kUnreached;
    TokenId id = kNoToken;
  };
  static constexpr uint32_t kUnreached = 0xFFFFFFFF;

  // Where the tokens of one text go, and what its pieces are built and cut in.
  struct Output {
    std::vector<TokenId>& ids;
    std::string piece;
    std::vector<Step> steps;     // to each byte of the piece and to its end
    std::vector<uint32_t> ends;  // of the tokens that were chosen, the last first
  };

  void EncodePiece(Output& out) const;
  void FindSteps(Output& out) const;
  void EmitTokens(Output& out) const;
  void EmitUnknown(std::string_view text, Output& out) const;

  std::vector<double> scores_;
  PrefixTrie trie_;
  TokenTable by_text_;  // the same tokens, for whole pieces
  std::array<TokenId, 256> byte_tokens_;
  TokenId unknown_;
  double unknown_score_;
  bool space_prefix_;
  bool cuts_words_;  // else a text is a piece
  mutable ReachedTokens reached_;
};

// What text can become. Control tokens and the unknown one are not among it.
bool IsOrdinary(TokenKind kind) {
  return kind != TokenKind::kControl && kind != TokenKind::kUnknown;
}

Unigram::Unigram(const TokenizerSpec& spec, const Vocabulary& vocabulary, PrefixTrie trie)
    : scores_(spec.scores),
      trie_(std::move(trie)),
      by_text_(vocabulary.size()),
      unknown_(spec.unknown.value_or(kNoToken)),
      space_prefix_(spec.add_space_prefix.value_or(true)),
      cuts_words_(!spec.pipeline),
      reached_(vocabulary.size()) {
  byte_tokens_.fill(kNoToken);
  double worst = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < vocabulary.size(); ++i) {
    const auto id = static_cast<TokenId>(i);
    const TokenKind kind = vocabulary.Kind(id);
    if (IsOrdinary(kind) && !vocabulary.Text(id).empty()) by_text_.Insert(vocabulary.Text(id), id);
    if (kind == TokenKind::kByte && spec.byte_fallback) {
      byte_tokens_[static_cast<unsigned char>(vocabulary.Bytes(id)[0])] = id;
    }
    if (kind == TokenKind::kUnknown && unknown_ == kNoToken) unknown_ = id;
    // Converters fill vocabularies up with unused tokens of very low scores.
    if (kind != TokenKind::kUnused) worst = std::min(worst, scores_[i]);
  }
  unknown_score_ = worst - kUnknownPenalty;
}

void Unigram::Encode(std::string_view text, std::vector<TokenId>& ids) const {
  Output out{ids, {}, {}, {}};
  if (!cuts_words_) {
    out.piece = text;
    return EncodePiece(out);
  }
  for (size_t pos = 0; pos < text.size();) {
    const bool escaped = text.substr(pos, kSentencePieceSpace.size()) == kSentencePieceSpace;
    const bool space = escaped || text[pos] == ' ';
    if (space) EncodePiece(out);
    if (space || (pos == 0 && space_prefix_)) out.piece += kSentencePieceSpace;
    if (!space) out.piece += text[pos];
    pos += escaped ? kSentencePieceSpace.size() : 1;
  }
  EncodePiece(out);
}

// Encodes out.piece and empties it.
void Unigram::EncodePiece(Output& out) const {
  if (out.piece.empty()) return;
  const TokenId whole = by_text_.Find(out.piece);
  if (whole != kNoToken && reached_.Get(whole) == ReachedTokens::State::kReached) {
    out.ids.push_back(whole);
  } else {
    FindSteps(out);
    EmitTokens(out);
    if (whole != kNoToken) {
      const Step& last = out.steps.back();
      reached_.Set(whole, last.begin == 0 && last.id == whole);
    }
  }
  out.piece.clear();
}

void Unigram::FindSteps(Output& out) const {
  const std::string_view piece = out.piece;
  out.steps.assign(piece.size() + 1, Step());
  for (uint32_t begin = 0; begin < piece.size();) {
    const std::string_view rest = piece.substr(begin);
    const double before = out.steps[begin].score;
    // Of equal scores the first found stays: the one that begins further left.
    const auto offer = [&](size_t length, TokenId id, double score) {
      Step& step = out.steps[begin + length];
      if (step.begin == kUnreached || score > step.score) step = {score, begin, id};
    };
    const bool ascii = static_cast<unsigned char>(rest[0]) < 0x80;
    const uint32_t char_length = ascii ? 1 : DecodeUtf8(rest).length;
    bool spelled = false;  // a token is this character alone
    trie_.ForEachPrefix(rest, [&](size_t length, TokenId id) {
      offer(length, id, scores_[id] + before);
      spelled = spelled || length == char_length;
    });
    if (!spelled) offer(char_length, unknown_, unknown_score_ + before);
    begin += char_length;
  }
}

// The tokens on the way to the end of the piece; neighbours that are unknown count as one.
void Unigram::EmitTokens(Output& out) const {
  out.ends.clear();
  for (auto end = static_cast<uint32_t>(out.piece.size()); end > 0; end = out.steps[end].begin) {
    out.ends.push_back(end);
  }
  uint32_t begin = 0;  // of what has not been emitted
  for (auto end = out.ends.rbegin(); end != out.ends.rend(); ++end) {
    const Step& step = out.steps[*end];
    if (step.id == unknown_) continue;
    if (step.begin > begin) {
      EmitUnknown(std::string_view(out.piece).substr(begin, step.begin - begin), out);
    }
    out.ids.push_back(step.id);
    begin = *end;
  }
  if (begin < out.piece.size()) EmitUnknown(std::string_view(out.piece).substr(begin), out);
}

// A run of characters that no token spells: its bytes, or else one unknown token.
void Unigram::EmitUnknown(std::string_view text, Output& out) const {
  const TokenId whole = by_text_.Find(text);
  if (whole != kNoToken) return out.ids.push_back(whole);
  const auto token_of = [&](char c) { return byte_tokens_[static_cast<unsigned char>(c)]; };
  const bool has_bytes =
      std::all_of(text.begin(), text.end(), [&](char c) { return token_of(c) != kNoToken; });
  if (has_bytes) {
    for (const char c : text) out.ids.push_back(token_of(c));
  } else if (unknown_ != kNoToken) {
    out.ids.push_back(unknown_);
  }
}

}  // namespace

Result<std::unique_ptr<TextEncoder>> MakeUnigram(const TokenizerSpec& spec,
                                                 const Vocabulary& vocabulary) {
  if (spec.scores.empty()) {
    return Fail(
        ErrorCode::kCorrupt,
        "tokenizer.ggml.scores is missing; without it nothing says which tokens are likely");
  }
  PrefixTrie::Keys keys;
  for (size_t i = 0; i < spec.scores.size(); ++i) {
    if (std::isnan(spec.scores[i])) {
      return Fail(ErrorCode::kCorrupt, "tokenizer.ggml.scores[", i, "] is not a number");
    }
    const auto id = static_cast<TokenId>(i);
    if (IsOrdinary(vocabulary.Kind(id))) keys.emplace_back(vocabulary.Text(id), id);
  }
  auto trie = PrefixTrie::Create(std::move(keys));
  if (!trie) return Fail(trie.error());
  return std::unique_ptr<TextEncoder>(
      std::make_unique<Unigram>(spec, vocabulary, *std::move(trie)));
}

}  // namespace ingle
