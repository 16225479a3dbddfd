// Text to tokens and back, from what a model file says about its vocabulary.
//
// The algorithm is chosen by TokenizerSpec::model, with GGUF's names: byte-level BPE ("gpt2"),
// SentencePiece BPE ("llama"), SentencePiece unigram ("t5") and WordPiece ("bert"); "none" is a
// model without a vocabulary, which takes ids only. Or it is TokenizerSpec::pipeline, the steps of
// a tokenizer.json. docs/design/tokenizers.md tells how they work and how to add one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tokenizer/normalizer.h"
#include "tokenizer/pipeline.h"

namespace ingle {

// What a token is for; the order is that of GGUF's tokenizer.ggml.token_type, which counts from 1.
enum class TokenKind : uint8_t {
  kNormal,
  kUnknown,      // stands for text that the vocabulary cannot spell
  kControl,      // <s>, <|im_start|>: found in text only where special tokens are parsed
  kUserDefined,  // added by hand: always found in text, before the algorithm sees it
  kUnused,
  kByte,  // <0x0A>: one byte, for text that no other token spells
};

// A vocabulary as a file states it. Everything in it comes from outside and may be wrong.
// Ownership: Tokenizer::Create copies what it needs; the views must live until it returns.
struct TokenizerSpec {
  std::string model;   // the algorithm: "gpt2", "llama", "t5", "bert"; "none"
  std::string wanted;  // with "none": what text would need, for the message; may be empty
  std::string pre;     // byte-level BPE: the pre-tokenizer, "llama-bpe", "qwen2"; empty: "default"

  std::vector<std::string_view> tokens;  // spelled as the algorithm spells them: "Ġthe", "▁the"
  std::vector<double> scores;            // SentencePiece only; empty or one a token
  std::vector<TokenKind> kinds;          // empty (all normal) or one a token
  std::vector<std::string_view> merges;  // byte-level BPE only: "Ġ t", best first

  std::optional<TokenId> bos, eos, eot, eom, unknown;
  std::optional<bool> add_bos, add_eos;  // absent: what the algorithm and the pre-tokenizer do
  std::optional<bool> add_space_prefix;  // SentencePiece only; absent: true
  bool byte_fallback = true;             // unigram only: use the byte tokens, where there are any

  // What becomes of the text between special tokens before the algorithm sees it.
  std::vector<NormalizerStep> normalizer;

  // WordPiece only. What tokens are spelled with that begin a word, and that go on in one: nothing
  // and "##" in checkpoints; "▁" and nothing in GGUF. Words of more characters are unknown.
  std::string word_prefix;
  std::string continuing_prefix = "##";
  size_t longest_word = 100;

  // Special tokens that take the white space after them along: Phi-3's do.
  std::vector<TokenId> strip_after;

  // What a tokenizer.json says beside; then model, pre, merges and the add_ flags above do not
  // count.
  std::optional<PipelineSpec> pipeline;
};

struct EncodeOptions {
  bool add_special = true;     // BOS before and EOS after, where the file wants them
  bool parse_special = false;  // text such as "<|im_start|>" becomes its control token
};

struct DecodeOptions {
  bool render_special = false;  // write control tokens as they are spelled, not leave them out
  bool continues_text = false;  // other text comes before: keep the space that begins a first word
};

// Thread safety: immutable once created; any thread may call any method.
class Tokenizer {
 public:
  // Fails with kCorrupt when the parts of the spec contradict each other and with kUnsupported when
  // the algorithm or the pre-tokenizer is not known. Messages name the GGUF field.
  static Result<std::unique_ptr<Tokenizer>> Create(const TokenizerSpec& spec);

  ~Tokenizer();

  // The tokens of text, which may hold any bytes, invalid UTF-8 included; time is near linear in
  // its length. What the vocabulary cannot spell becomes its unknown token, or, as in the
  // tokenizers that models are trained with, nothing where it has none: a few byte-level
  // vocabularies lack control characters. Fails with kTooLarge from 2^30 bytes on, and with
  // kUnsupported where there is no vocabulary.
  Result<std::vector<TokenId>> Encode(std::string_view text, EncodeOptions options = {}) const;

  // The text of ids, byte for byte; ids outside the vocabulary add nothing. The result is UTF-8 if
  // the tokens happen to spell UTF-8; StreamDecoder is for text that is shown. Fails with
  // kUnsupported where there is no vocabulary.
  Result<std::string> Decode(std::span<const TokenId> ids, DecodeOptions options = {}) const;

  // How many tokens there are: every id is in [0, size()).
  size_t size() const;

  // The token as the vocabulary spells it ("Ġthe"), and the bytes that it adds to a text (" the");
  // empty when id is outside the vocabulary. Control and unknown tokens add the bytes that they are
  // spelled with where special tokens are rendered. Views live as long as the tokenizer.
  std::string_view TokenText(TokenId id) const;
  std::string_view TokenBytes(TokenId id) const;
  TokenKind Kind(TokenId id) const;  // kUnused when id is outside the vocabulary

  // The id of a token by its spelling: FindToken("<|im_end|>").
  std::optional<TokenId> FindToken(std::string_view text) const;

  std::optional<TokenId> bos() const;
  std::optional<TokenId> eos() const;
  std::optional<TokenId> unknown() const;  // what stands for text without a token
  bool adds_bos() const;                   // Encode with add_special begins with bos()
  bool adds_eos() const;                   // and ends with eos()

  // Whether a model that produces id has finished its answer: EOS, end of turn, end of message, and
  // control tokens known by name ("<|im_end|>", "<end_of_turn>"), since files often name only one.
  bool IsEndOfGeneration(TokenId id) const;

 private:
  friend class StreamDecoder;
  struct State;
  explicit Tokenizer(std::unique_ptr<const State> state);

  // Appends what id adds to a text; at_start as long as nothing has been added.
  void AppendToken(TokenId id, DecodeOptions options, bool& at_start, std::string& text) const;

  std::unique_ptr<const State> state_;
};

// Turns tokens into text as they are produced, never emitting half a character.
// The tokenizer must outlive it. Not thread safe.
class StreamDecoder {
 public:
  explicit StreamDecoder(const Tokenizer& tokenizer, DecodeOptions options = {});

  // The text that id completes: valid UTF-8, perhaps empty, always so without a vocabulary. Bytes
  // that can no longer become a character appear as U+FFFD.
  std::string Push(TokenId id);

  // What is left: an unfinished character appears as U+FFFD. The decoder can then start anew.
  std::string Finish();

 private:
  const Tokenizer* tokenizer_;
  DecodeOptions options_;
  std::string held_;  // the beginning of a character
  bool at_start_;
};

}  // namespace ingle
