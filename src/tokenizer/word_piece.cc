// WordPiece: of a word the longest beginning that is a token, then of the rest the longest that
// continues a word, to its end; a word for which that fails is unknown as a whole.
//
// Devlin et al.: BERT, 2018; Schuster, Nakajima: Japanese and Korean Voice Search, 2012.
#include <algorithm>

#include "base/utf8.h"
#include "tokenizer/text_encoder.h"

namespace ingle {
namespace {

class WordPiece final : public TextEncoder {
 public:
  WordPiece(const TokenizerSpec& spec, const Vocabulary& vocabulary)
      : begins_(vocabulary.size()),
        continues_(vocabulary.size()),
        unknown_(*spec.unknown),
        longest_word_(spec.pipeline->longest_word) {
    const std::string_view prefix = spec.pipeline->prefix;
    for (size_t i = 0; i < vocabulary.size(); ++i) {
      const auto id = static_cast<TokenId>(i);
      const std::string_view text = vocabulary.Text(id);
      if (text.empty() || vocabulary.Kind(id) == TokenKind::kUnused) continue;
      begins_.Insert(text, id);
      if (text.starts_with(prefix) && text.size() > prefix.size()) {
        continues_.Insert(text.substr(prefix.size()), id);
      }
    }
  }

  void Encode(std::string_view word, std::vector<TokenId>& ids) const override {
    const size_t before = ids.size();
    bool known = !IsTooLong(word);
    for (size_t begin = 0; known && begin < word.size();) {
      size_t length = 0;
      const TokenId id = Longest(begin == 0 ? begins_ : continues_, word.substr(begin), length);
      known = id != kNoToken;
      ids.push_back(id);
      begin += length;
    }
    if (known) return;
    ids.resize(before);
    ids.push_back(unknown_);
  }
  bool adds_bos() const override { return false; }
  bool adds_space_prefix() const override { return false; }

 private:
  bool IsTooLong(std::string_view word) const {
    if (word.size() <= longest_word_) return false;
    const auto starts = std::count_if(word.begin(), word.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    });
    return static_cast<size_t>(starts) > longest_word_;
  }

  // Ends on characters only, as tokens do.
  static TokenId Longest(const TokenTable& table, std::string_view text, size_t& length) {
    for (length = std::min(text.size(), table.longest()); length > 0; --length) {
      const TokenId id = table.Find(text.substr(0, length));
      if (id != kNoToken) return id;
    }
    return kNoToken;
  }

  TokenTable begins_;
  TokenTable continues_;
  TokenId unknown_;
  uint32_t longest_word_;
};

}  // namespace

Result<std::unique_ptr<TextEncoder>> MakeWordPiece(const TokenizerSpec& spec,
                                                   const Vocabulary& vocabulary) {
  if (!spec.unknown) {
    return Fail(ErrorCode::kCorrupt,
                "model.unk_token is not in model.vocab; WordPiece cannot do without it");
  }
  return std::unique_ptr<TextEncoder>(std::make_unique<WordPiece>(spec, vocabulary));
}

}  // namespace ingle
