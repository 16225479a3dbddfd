// How one algorithm turns ordinary text into tokens. A new one is a file with a function like those
// below, and a row in tokenizer.cc.
#pragma once

#include <atomic>
#include <memory>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tokenizer/tokenizer.h"
#include "tokenizer/vocabulary.h"

namespace ingle {

// Thread safety: any thread may call Encode.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;

  // Appends the tokens of a text between special tokens. REQUIRES: it is shorter than 2^31 bytes.
  virtual void Encode(std::string_view text, std::vector<TokenId>& ids) const = 0;
  // The same where the beginning of a whole text is special; the rest follows added tokens.
  virtual void EncodePart(std::string_view text, bool /*begins_text*/,
                          std::vector<TokenId>& ids) const {
    Encode(text, ids);
  }

  // What holds where the spec does not say.
  virtual bool adds_bos() const = 0;
  virtual bool adds_space_prefix() const = 0;
};

// The vocabulary must outlive the encoder; the spec need not.
Result<std::unique_ptr<TextEncoder>> MakeByteLevelBpe(const TokenizerSpec& spec,
                                                      const Vocabulary& vocabulary);
Result<std::unique_ptr<TextEncoder>> MakeSentencePieceBpe(const TokenizerSpec& spec,
                                                          const Vocabulary& vocabulary);
Result<std::unique_ptr<TextEncoder>> MakeUnigram(const TokenizerSpec& spec,
                                                 const Vocabulary& vocabulary);
Result<std::unique_ptr<TextEncoder>> MakeWordPiece(const TokenizerSpec& spec,
                                                   const Vocabulary& vocabulary);

// A tokenizer.json. REQUIRES, here and below: spec.pipeline.
Result<std::unique_ptr<TextEncoder>> MakePipeline(const TokenizerSpec& spec,
                                                  const Vocabulary& vocabulary);
// Its models, which encode one piece.
Result<std::unique_ptr<TextEncoder>> MakeCharacterBpe(const TokenizerSpec& spec,
                                                      const Vocabulary& vocabulary);
Result<std::unique_ptr<TextEncoder>> MakeWholeWords(const TokenizerSpec& spec,
                                                    const Vocabulary& vocabulary);

// Remembers of each token whether the algorithm makes it of its own bytes. Nine words of ten are
// one token, but not every token can be reached: merges may lead elsewhere. So the first occurrence
// is merged as any other word, and later ones are one look-up.
class ReachedTokens {
 public:
  enum class State : uint8_t { kUnknown, kReached, kNotReached };

  explicit ReachedTokens(size_t tokens) : states_(tokens) {}

  // Threads may race to set a state; they all set the same.
  State Get(TokenId id) const { return states_[id].load(std::memory_order_relaxed); }
  void Set(TokenId id, bool reached) {
    states_[id].store(reached ? State::kReached : State::kNotReached, std::memory_order_relaxed);
  }

 private:
  std::vector<std::atomic<State>> states_;
};

}  // namespace ingle
