// WordPiece: words, each cut into the longest tokens from the left.
//
// Wu et al.: Google's Neural Machine Translation System, 2016; Devlin et al.: BERT, 2018.

#include <algorithm>

#include "tokenizer/bert_words.h"
#include "tokenizer/prefix_trie.h"
#include "tokenizer/text_encoder.h"

namespace ingle {
namespace {

class WordPiece final : public TextEncoder {
 public:
  WordPiece(PrefixTrie beginnings, PrefixTrie continuations, TokenId unknown,
            const TokenizerSpec& spec)
      : beginnings_(std::move(beginnings)),
        continuations_(std::move(continuations)),
        unknown_(unknown),
        longest_word_(spec.longest_word),
        cuts_words_(!spec.pipeline) {}

  void Encode(std::string_view text, std::vector<TokenId>& ids) const override {
    if (!cuts_words_) return EncodeWord(text, ids);
    ForEachBertWord(text, [&](std::string_view word) { EncodeWord(word, ids); });
  }
  bool adds_bos() const override { return true; }
  bool adds_space_prefix() const override { return true; }

 private:
  void EncodeWord(std::string_view word, std::vector<TokenId>& ids) const;
  bool IsTooLong(std::string_view word) const;

  PrefixTrie beginnings_;     // of words
  PrefixTrie continuations_;  // what goes on within a word, without its prefix
  TokenId unknown_;
  size_t longest_word_;  // in characters
  bool cuts_words_;      // else a text is a word
};

bool WordPiece::IsTooLong(std::string_view word) const {
  if (word.size() <= longest_word_) return false;
  size_t chars = 0;
  ForEachChar(word, [&](const TextChar&) { ++chars; });
  return chars > longest_word_;
}

void WordPiece::EncodeWord(std::string_view word, std::vector<TokenId>& ids) const {
  const size_t before = ids.size();
  bool spelled = !IsTooLong(word);
  for (size_t pos = 0; spelled && pos < word.size();) {
    const PrefixTrie& trie = pos == 0 ? beginnings_ : continuations_;
    size_t longest = 0;
    TokenId token = kNoToken;
    trie.ForEachPrefix(word.substr(pos), [&](size_t length, TokenId id) {
      longest = length;
      token = id;
    });
    spelled = token != kNoToken;
    if (spelled) ids.push_back(token);
    pos += longest;
  }
  if (spelled) return;
  ids.resize(before);
  if (unknown_ != kNoToken) ids.push_back(unknown_);
}

// What text can become. Control tokens and the unknown one are not among it.
bool IsOrdinary(TokenKind kind) {
  return kind == TokenKind::kNormal || kind == TokenKind::kUserDefined ||
         kind == TokenKind::kUnused;
}

}  // namespace

Result<std::unique_ptr<TextEncoder>> MakeWordPiece(const TokenizerSpec& spec,
                                                   const Vocabulary& vocabulary) {
  PrefixTrie::Keys beginnings;
  PrefixTrie::Keys continuations;
  TokenId unknown = kNoToken;
  for (size_t i = 0; i < vocabulary.size(); ++i) {
    const auto id = static_cast<TokenId>(i);
    const std::string_view text = vocabulary.Text(id);
    if (vocabulary.Kind(id) == TokenKind::kUnknown && unknown == kNoToken) unknown = id;
    if (!IsOrdinary(vocabulary.Kind(id))) continue;
    const auto begins = WithoutPrefix(text, spec.word_prefix);
    const auto continues = WithoutPrefix(text, spec.continuing_prefix);
    if (begins) beginnings.emplace_back(*begins, id);
    // With one prefix inside the other, the longer says what a token is.
    const bool only_begins = begins && spec.word_prefix.size() > spec.continuing_prefix.size();
    if (continues && !only_begins) continuations.emplace_back(*continues, id);
  }
  auto beginning_trie = PrefixTrie::Create(std::move(beginnings));
  if (!beginning_trie) return Fail(beginning_trie.error());
  auto continuation_trie = PrefixTrie::Create(std::move(continuations));
  if (!continuation_trie) return Fail(continuation_trie.error());
  return std::unique_ptr<TextEncoder>(
      std::make_unique<WordPiece>(*std::move(beginning_trie), *std::move(continuation_trie),
                                  spec.unknown.value_or(unknown), spec));
}

}  // namespace ingle
