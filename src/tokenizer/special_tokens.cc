#include "tokenizer/special_tokens.h"

#include <algorithm>

#include "tokenizer/unicode.h"

namespace ingle {
namespace {

bool IsSpecial(TokenKind kind) {
  return kind == TokenKind::kControl || kind == TokenKind::kUserDefined ||
         kind == TokenKind::kUnknown;
}

}  // namespace

Result<SpecialTokens> SpecialTokens::Create(const Vocabulary& vocabulary,
                                            const std::vector<TokenId>& strip_after) {
  SpecialTokens special(vocabulary, strip_after);
  for (const TokenId id : special.sorted_) {
    const size_t length = vocabulary.Bytes(id).size();
    if (length <= kLongest) continue;
    return Fail(ErrorCode::kUnsupported, "tokenizer.ggml.tokens[", id, "] is a special token of ",
                length, " bytes; the limit is ", kLongest);
  }
  return special;
}

SpecialTokens::SpecialTokens(const Vocabulary& vocabulary, const std::vector<TokenId>& strip_after)
    : vocabulary_(&vocabulary), strip_after_(strip_after) {
  for (size_t i = 0; i < vocabulary.size(); ++i) {
    const auto id = static_cast<TokenId>(i);
    const std::string_view bytes = vocabulary.Bytes(id);
    if (!IsSpecial(vocabulary.Kind(id)) || bytes.empty()) continue;
    sorted_.push_back(id);
    begins_[static_cast<unsigned char>(bytes[0])] = true;
  }
  std::stable_sort(sorted_.begin(), sorted_.end(),
                   [&](TokenId a, TokenId b) { return vocabulary.Bytes(a) < vocabulary.Bytes(b); });
}

SpecialTokens::Match SpecialTokens::Next(std::string_view text, size_t pos,
                                         bool parse_special) const {
  for (; pos < text.size(); ++pos) {
    if (!begins_[static_cast<unsigned char>(text[pos])]) continue;
    const TokenId id = LongestPrefix(text.substr(pos), parse_special);
    if (id == kNoToken) continue;
    size_t end = pos + vocabulary_->Bytes(id).size();
    if (std::find(strip_after_.begin(), strip_after_.end(), id) != strip_after_.end()) {
      for (Char c = CharAt(text, end); c.Is(kWhiteSpace); c = CharAt(text, end)) end += c.length;
    }
    return {pos, end, id};
  }
  return {text.size(), text.size(), kNoToken};
}

TokenId SpecialTokens::LongestPrefix(std::string_view text, bool parse_special) const {
  // [first, last) are the tokens that begin as text does, up to depth bytes: the shortest is first.
  auto first = sorted_.begin();
  auto last = sorted_.end();
  TokenId longest = kNoToken;
  for (size_t depth = 0; first != last; ++depth) {
    for (; first != last && vocabulary_->Bytes(*first).size() == depth; ++first) {
      if (parse_special || vocabulary_->Kind(*first) == TokenKind::kUserDefined) longest = *first;
    }
    if (depth == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[depth]);
    const auto byte_of = [&](TokenId id) {
      return static_cast<unsigned char>(vocabulary_->Bytes(id)[depth]);
    };
    first = std::partition_point(first, last, [&](TokenId id) { return byte_of(id) < byte; });
    last = std::partition_point(first, last, [&](TokenId id) { return byte_of(id) == byte; });
  }
  return longest;
}

}  // namespace ingle
