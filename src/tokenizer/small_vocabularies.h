// Vocabularies that fit on a page, for tests and fuzzers.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "tokenizer/byte_level.h"
#include "tokenizer/tokenizer.h"

namespace ingle {

// A spec that owns its text.
class SmallVocabulary {
 public:
  SmallVocabulary() = default;
  SmallVocabulary(SmallVocabulary&&) = default;
  SmallVocabulary& operator=(SmallVocabulary&&) = default;

  TokenizerSpec spec;

  TokenId Add(std::string_view text, TokenKind kind = TokenKind::kNormal, float score = 0) {
    spec.tokens.push_back(texts_.emplace_back(text));
    spec.kinds.push_back(kind);
    spec.scores.push_back(score);
    return static_cast<TokenId>(spec.tokens.size() - 1);
  }

  void AddMerge(std::string_view left, std::string_view right) {
    spec.merges.push_back(texts_.emplace_back(std::string(left) + " " + std::string(right)));
  }

 private:
  std::deque<std::string> texts_;
};

// All bytes, the token of byte b being b; the tokens of the merges; then special tokens.
inline SmallVocabulary SmallByteLevel(std::string_view pre = "gpt-2") {
  SmallVocabulary v;
  v.spec.model = "gpt2";
  v.spec.pre = pre;
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    std::string text;
    EncodeByteLevel({&c, 1}, text);
    v.Add(text);
  }
  const std::string_view merges[][2] = {
      {"t", "h"},  {"th", "e"}, {"i", "n"}, {"a", "a"},       {"aa", "aa"},
      {"in", "g"}, {"Ġ", "a"},  {"Ġ", "Ġ"}, {"e", "r"},       {"Ġ", "the"},
      {"Ã", "©"},  {"1", "2"},  {"Ċ", "Ċ"}, {"aaaa", "aaaa"},
  };
  for (const auto& [left, right] : merges) {
    v.AddMerge(left, right);
    v.Add(std::string(left) + std::string(right));
  }
  v.Add("hers");  // no merge leads here
  v.spec.bos = v.Add("<|im_start|>", TokenKind::kControl);
  v.spec.eos = v.Add("<|im_end|>", TokenKind::kControl);
  v.Add("<|im|>", TokenKind::kControl);
  v.Add("<tool>", TokenKind::kUserDefined);
  v.Add("<tool> call", TokenKind::kUserDefined);
  v.spec.scores.clear();
  return v;
}

// <unk>, <s>, </s>, the bytes from id 3 on, then pieces: the earlier, the better they score.
inline SmallVocabulary SmallSentencePiece() {
  SmallVocabulary v;
  v.spec.model = "llama";
  v.spec.unknown = v.Add("<unk>", TokenKind::kUnknown);
  v.spec.bos = v.Add("<s>", TokenKind::kControl);
  v.spec.eos = v.Add("</s>", TokenKind::kControl);
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (size_t byte = 0; byte < 256; ++byte) {
    v.Add(std::string("<0x") + kHex[byte >> 4] + kHex[byte & 15] + ">", TokenKind::kByte);
  }
  const std::string_view pieces[] = {"▁t", "he", "▁the", "in", "▁▁", "▁▁▁▁", "aa", "aaaa",
                                     "▁a", "er", "ing",  "▁",  "a",  "b",    "e",  "h",
                                     "i",  "n",  "r",    "s",  "t",  "g",    "é",  "\xE2\x96\x81in",
                                     "<",  ">",  "/"};
  float score = 0;
  for (const std::string_view piece : pieces) v.Add(piece, TokenKind::kNormal, score -= 1);
  v.Add("<tool>", TokenKind::kUserDefined);
  return v;
}

}  // namespace ingle
