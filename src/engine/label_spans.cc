#include "engine/label_spans.h"

#include <algorithm>

namespace ingle {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool BeginsWith(std::string_view text, std::string_view piece) {
  return text.size() >= piece.size() &&
         std::equal(piece.begin(), piece.end(), text.begin(),
                    [](char a, char b) { return Lower(a) == Lower(b); });
}

// What a token adds to a text, without the space before it and the mark of WordPiece that it goes
// on with a word.
std::string_view PieceOf(const Tokenizer& tokenizer, TokenId token) {
  std::string_view piece = tokenizer.TokenBytes(token);
  while (!piece.empty() && IsSpace(piece.front())) piece.remove_prefix(1);
  if (piece.starts_with("##") && piece.size() > 2) piece.remove_prefix(2);
  return piece;
}

bool IsUnknown(const Tokenizer& tokenizer, TokenId token) {
  return tokenizer.Kind(token) == TokenKind::kUnknown || token == tokenizer.unknown();
}

bool IsMark(char c) {
  const bool letter = Lower(c) >= 'a' && Lower(c) <= 'z';
  return c > ' ' && c < 0x7F && !letter && !(c >= '0' && c <= '9');
}

// Where the word at `at` ends: what WordPiece has no token for, it gives one for the whole word.
size_t WordEnd(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && !IsSpace(text[end]) && !IsMark(text[end])) ++end;
  return end > at ? end : std::min(at + 1, text.size());
}

struct Entity {
  bool begins;  // "B-": another one, even behind one of the same kind
  std::string_view name;
};

Entity EntityOf(std::string_view label) {
  const bool marked = label.starts_with("B-") || label.starts_with("I-");
  return {label.starts_with("B-"), marked ? label.substr(2) : label};
}

}  // namespace

bool StandsForText(const Tokenizer& tokenizer, TokenId token) {
  return tokenizer.Kind(token) != TokenKind::kControl || token == tokenizer.unknown();
}

TokenLabel Likeliest(std::span<const float> probabilities) {
  const auto best = std::max_element(probabilities.begin(), probabilities.end());
  return {static_cast<size_t>(best - probabilities.begin()), *best};
}

std::vector<LabelSpan> GroupLabels(const Labels& labels,
                                   std::span<const std::optional<TokenLabel>> tokens) {
  std::vector<LabelSpan> spans;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens[i]) continue;
    const Entity entity = EntityOf(labels.names[tokens[i]->label]);
    if (entity.name == "O") continue;
    const bool goes_on = !spans.empty() && !entity.begins && spans.back().end == i &&
                         spans.back().label == entity.name;
    if (!goes_on) spans.push_back({std::string(entity.name), i, i, 0});
    spans.back().probability += tokens[i]->probability;
    spans.back().end = i + 1;
  }
  for (LabelSpan& span : spans) span.probability /= static_cast<float>(span.end - span.begin);
  return spans;
}

std::vector<std::optional<ByteRange>> FindTokens(const Tokenizer& tokenizer,
                                                 std::span<const TokenId> tokens,
                                                 std::string_view text) {
  std::vector<std::optional<ByteRange>> places(tokens.size());
  size_t at = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (!StandsForText(tokenizer, tokens[i])) continue;
    while (at < text.size() && IsSpace(text[at])) ++at;
    size_t end = WordEnd(text, at);
    if (!IsUnknown(tokenizer, tokens[i])) {
      const std::string_view piece = PieceOf(tokenizer, tokens[i]);
      if (piece.empty()) continue;
      if (!BeginsWith(text.substr(at), piece)) break;
      end = at + piece.size();
    }
    if (end > at) places[i] = ByteRange{at, end};
    at = end;
  }
  return places;
}

}  // namespace ingle
