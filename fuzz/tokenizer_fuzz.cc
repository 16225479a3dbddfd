// A vocabulary and a text, both from the fuzzer. Whatever loads must encode any text, and what
// byte-level BPE encodes must decode to the same bytes.

#include <cstdlib>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/utf8.h"
#include "tokenizer/pretokenizer.h"
#include "tokenizer/small_vocabularies.h"
#include "tokenizer/tokenizer.h"

namespace ingle {
namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

// Fields separated by a byte that no UTF-8 text has.
std::string_view NextField(std::string_view& input) {
  const size_t end = std::min(input.find('\xFF'), input.size());
  const std::string_view field = input.substr(0, end);
  input.remove_prefix(std::min(end + 1, input.size()));
  return field;
}

std::optional<TokenId> IdOf(char c) {
  if (c == 'n') return std::nullopt;
  return static_cast<TokenId>(static_cast<signed char>(c));
}

// One of the small vocabularies, or one that the input spells out, which is wrong in every way.
SmallVocabulary MakeVocabulary(char choice, std::string_view& input) {
  const std::vector<std::string_view> pres = PreTokenizer::Names();
  const std::string_view pre = pres[static_cast<unsigned char>(choice) % pres.size()];
  const std::string_view flags = NextField(input);
  if (flags.size() < 8) return flags.empty() ? SmallSentencePiece() : SmallByteLevel(pre);

  constexpr std::string_view kOthers[] = {"llama", "t5", "bert"};  // of the same tokens
  SmallVocabulary v = flags[0] % 2 ? SmallByteLevel(pre) : SmallSentencePiece();
  if (flags[0] % 2 == 0) v.spec.model = kOthers[static_cast<unsigned char>(flags[0]) / 2 % 3];
  if (v.spec.model == "bert") {
    v.spec.word_prefix = "▁";
    v.spec.continuing_prefix = flags[6] % 2 ? "" : "##";
    v.spec.longest_word = static_cast<unsigned char>(flags[6]);
    v.spec.normalizer = {BertStep()};
  }
  v.spec.bos = IdOf(flags[1]);
  v.spec.eos = IdOf(flags[2]);
  v.spec.unknown = IdOf(flags[3]);
  v.spec.add_bos = flags[4] % 2 != 0;
  if (flags[5] % 2) v.spec.add_space_prefix = flags[5] % 4 == 3;
  if (flags[5] % 8 > 5) v.spec.strip_after = {IdOf(flags[6]).value_or(0)};
  if (flags[7] % 2) {
    v.spec.tokens.clear();
    v.spec.kinds.clear();
    v.spec.scores.clear();
    v.spec.merges.clear();
  }
  for (std::string_view token = NextField(input); token.size() >= 2; token = NextField(input)) {
    const auto score = static_cast<float>(static_cast<signed char>(token[1]));
    v.Add(token.substr(2), static_cast<TokenKind>(static_cast<unsigned char>(token[0]) % 6), score);
  }
  for (std::string_view merge = NextField(input); merge.size() >= 2; merge = NextField(input)) {
    const size_t middle = 1 + static_cast<unsigned char>(merge[0]) % (merge.size() - 1);
    v.AddMerge(merge.substr(1, middle - 1), merge.substr(middle));
  }
  if (v.spec.model == "gpt2") v.spec.scores.clear();
  return v;
}

void CheckStreaming(const Tokenizer& tokenizer, const std::vector<TokenId>& ids) {
  StreamDecoder decoder(tokenizer, {.render_special = true});
  std::string streamed;
  for (const TokenId id : ids) {
    streamed += decoder.Push(id);
    Check(IsValidUtf8(streamed));
  }
  streamed += decoder.Finish();
  Check(IsValidUtf8(streamed));
  const std::string decoded = *tokenizer.Decode(ids, {.render_special = true});
  if (IsValidUtf8(decoded)) Check(streamed == decoded);
}

void EncodeAndDecode(const Tokenizer& tokenizer, std::string_view text, bool covers_all_bytes) {
  for (const bool parse_special : {false, true}) {
    const auto ids = tokenizer.Encode(text, {.add_special = false, .parse_special = parse_special});
    Check(ids.has_value());
    for (const TokenId id : *ids) {
      Check(id >= 0 && static_cast<size_t>(id) < tokenizer.size());
      (void)tokenizer.IsEndOfGeneration(id);
    }
    if (covers_all_bytes) Check(tokenizer.Decode(*ids, {.render_special = true}) == text);
    Check(tokenizer.Encode(text, {.add_special = false, .parse_special = parse_special}) == *ids);
    CheckStreaming(tokenizer, *ids);
  }
  Check(tokenizer.Encode(text).has_value());
}

}  // namespace
}  // namespace ingle

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingle;
  std::string_view input = AsText(std::as_bytes(std::span(data, size)));
  if (input.empty()) return 0;
  const char choice = input[0];
  input.remove_prefix(1);
  const SmallVocabulary vocabulary = MakeVocabulary(choice, input);
  const auto tokenizer = Tokenizer::Create(vocabulary.spec);
  if (!tokenizer) return 0;
  const bool all_bytes = vocabulary.spec.model == "gpt2" && vocabulary.spec.strip_after.empty() &&
                         vocabulary.spec.tokens.size() > 255 && vocabulary.spec.tokens[0] == "Ā";
  EncodeAndDecode(**tokenizer, input, all_bytes);
  return 0;
}
