#include "tokenizer/added_tokens.h"

#include <algorithm>

#include "tokenizer/unicode.h"

namespace ingle {
namespace {

// Joiners are in words here, as in the regular expressions of Rust.
bool IsWord(const Char& c) {
  return c.Is(kWord) || c.code_point == 0x200C || c.code_point == 0x200D;
}

// The character that ends at pos; of length 0 where there is none that is UTF-8.
Char CharBefore(std::string_view text, size_t pos) {
  size_t begin = pos;
  while (begin > 0 && pos - begin < 4) {
    --begin;
    if ((static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) continue;
    const Char c = CharAt(text.substr(0, pos), begin);
    if (c.length == pos - begin) return c;
    break;
  }
  return {0, 0, 0};
}

bool IsWholeWord(std::string_view text, size_t begin, size_t end) {
  return !IsWord(CharBefore(text, begin)) && !IsWord(CharAt(text, end));
}

}  // namespace

Result<AddedTokens> AddedTokens::Create(std::vector<AddedToken> tokens) {
  AddedTokens added;
  for (AddedToken& token : tokens) {
    if (token.text.empty()) continue;
    if (token.text.size() > kLongest) {
      return Fail(ErrorCode::kUnsupported, "token ", token.id, " is a special token of ",
                  token.text.size(), " bytes; the limit is ", kLongest);
    }
    added.begins_[static_cast<unsigned char>(token.text[0])] = true;
    added.tokens_.push_back(std::move(token));
  }
  std::stable_sort(added.tokens_.begin(), added.tokens_.end(),
                   [](const AddedToken& a, const AddedToken& b) { return a.text < b.text; });
  return added;
}

AddedTokens::Match AddedTokens::Next(std::string_view text, size_t pos, bool parse_special) const {
  for (size_t at = pos; at < text.size(); ++at) {
    if (!begins_[static_cast<unsigned char>(text[at])]) continue;
    const AddedToken* token = LongestAt(text, at, parse_special);
    if (token == nullptr) continue;
    size_t begin = at;
    size_t end = at + token->text.size();
    while (token->strip_before && begin > pos) {
      const Char c = CharBefore(text, begin);
      if (!c.Is(kWhiteSpace) || begin - c.length < pos) break;
      begin -= c.length;
    }
    while (token->strip_after) {
      const Char c = CharAt(text, end);
      if (!c.Is(kWhiteSpace)) break;
      end += c.length;
    }
    return {begin, end, token->id};
  }
  return {text.size(), text.size(), kNoToken};
}

const AddedToken* AddedTokens::LongestAt(std::string_view text, size_t pos,
                                         bool parse_special) const {
  const std::string_view rest = text.substr(pos);
  // [first, last) are the tokens that begin as rest does, up to depth bytes: the shortest is first.
  auto first = tokens_.begin();
  auto last = tokens_.end();
  const AddedToken* longest = nullptr;
  for (size_t depth = 0; first != last; ++depth) {
    for (; first != last && first->text.size() == depth; ++first) {
      if (first->special && !parse_special) continue;
      if (first->whole_word && !IsWholeWord(text, pos, pos + depth)) continue;
      longest = &*first;
    }
    if (depth == rest.size()) break;
    const auto byte = static_cast<unsigned char>(rest[depth]);
    const auto byte_of = [&](const AddedToken& token) {
      return static_cast<unsigned char>(token.text[depth]);
    };
    first = std::partition_point(first, last, [&](const auto& t) { return byte_of(t) < byte; });
    last = std::partition_point(first, last, [&](const auto& t) { return byte_of(t) == byte; });
  }
  return longest;
}

}  // namespace ingle
