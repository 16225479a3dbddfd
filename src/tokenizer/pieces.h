// A text on its way from words to tokens: cut into pieces, and perhaps rewritten.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tokenizer/pipeline.h"

namespace ingle {

// A stretch of the text, in bytes.
struct Span {
  uint32_t begin;
  uint32_t end;
};

// Pieces are in order and none is empty. The text may lie elsewhere, or in `rewritten`.
struct Pieces {
  explicit Pieces(std::string_view whole);
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;

  std::string_view text;
  std::string rewritten;
  std::vector<Span> spans;

  std::string_view operator[](size_t i) const {
    return text.substr(spans[i].begin, spans[i].end - spans[i].begin);
  }
};

// One step of a pre-tokenizer. begins_text: the first piece is the beginning of the text that a
// caller gave, not what follows an added token. Thread safety: constant.
using CutPieces = std::function<void(Pieces& pieces, bool begins_text)>;

// Fails with the errors of RegularExpression::Parse.
Result<CutPieces> MakeCutPieces(const PieceStep& step);

// Around the steps that come behind a BytesStep, which see every byte as the character that
// byte_level.h has for it.
CutPieces SpellBytes();
CutPieces UnspellBytes();

}  // namespace ingle
