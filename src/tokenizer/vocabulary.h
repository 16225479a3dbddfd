// The tokens themselves: how they are spelled, what bytes they stand for, what they are for.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tokenizer/token_table.h"
#include "tokenizer/tokenizer.h"

namespace ingle {

// How the tokens of an algorithm spell bytes.
enum class Spelling {
  kByteLevel,      // byte_level.h
  kSentencePiece,  // U+2581 for a space, <0x0A> for a byte
  kWordPiece,      // by a prefix, whether a token begins a word or goes on in one
  kGiven,          // PipelineSpec::bytes says what each adds to a text
};

inline constexpr std::string_view kSentencePieceSpace = "\xE2\x96\x81";  // U+2581

// Strings back to back in one allocation.
class StringList {
 public:
  std::string_view operator[](size_t index) const {
    return {bytes_.data() + begins_[index], begins_[index + 1] - begins_[index]};
  }
  size_t size() const { return begins_.size() - 1; }
  void Append(std::string_view text) {
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    begins_.push_back(static_cast<uint32_t>(bytes_.size()));
  }

 private:
  std::vector<char> bytes_;  // not a std::string, whose short text moves with it
  std::vector<uint32_t> begins_ = {0};
};

// Immutable once created. Views that it hands out survive a move.
class Vocabulary {
 public:
  // Checks the parts of the spec that all algorithms share.
  static Result<Vocabulary> Create(const TokenizerSpec& spec, Spelling spelling);

  Vocabulary() : Vocabulary(0) {}  // without tokens

  size_t size() const { return texts_.size(); }
  bool Has(TokenId id) const { return id >= 0 && static_cast<size_t>(id) < size(); }

  // REQUIRES: Has(id).
  std::string_view Text(TokenId id) const { return texts_[id]; }
  std::string_view Bytes(TokenId id) const { return bytes_[id]; }
  TokenKind Kind(TokenId id) const { return kinds_[id]; }

  // By spelling; kNoToken when there is none. An empty text names no token.
  TokenId Find(std::string_view text) const { return by_text_.Find(text); }

  bool IsEndOfGeneration(TokenId id) const;

 private:
  explicit Vocabulary(size_t count) : by_text_(count) {}
  Status AddToken(const TokenizerSpec& spec, TokenId id, Spelling spelling);
  void CollectEndOfGeneration(const TokenizerSpec& spec);

  StringList texts_;
  StringList bytes_;
  std::vector<TokenKind> kinds_;
  TokenTable by_text_;
  std::vector<TokenId> ends_;  // sorted
};

// What follows prefix in text; nothing where text does not begin with it.
std::optional<std::string_view> WithoutPrefix(std::string_view text, std::string_view prefix);

// The byte that text names as "<0x0A>" does; nothing for any other text.
std::optional<uint8_t> ParseByteToken(std::string_view text);

}  // namespace ingle
