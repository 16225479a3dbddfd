// What tokenizer.json says of a tokenizer: the steps that a text goes through, one after the other,
// each as the Python package `tokenizers` does it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ingle {

using TokenId = int32_t;

// What becomes of a stretch that a pattern matches, beside the pieces around it.
enum class SplitBehavior : uint8_t {
  kIsolated,  // a piece by itself
  kRemoved,
  kMergedWithPrevious,
  kMergedWithNext,
  kContiguous,  // one piece with the matches next to it
};

// Cuts at the matches of a text, or of a regular expression (regex/regular_expression.h).
struct SplitStep {
  std::string pattern;
  bool is_regex = false;
  SplitBehavior behavior = SplitBehavior::kIsolated;
  bool invert = false;  // what lies between the matches counts as matched
};
// Bytes are the alphabet from here on.
struct BytesStep {
  bool add_prefix_space = true;  // before each piece that does not begin with one
  bool use_regex = true;         // and GPT-2's words
};
// Spaces become `replacement`; each piece, or the first of the text alone, gets one in front.
struct MetaspaceStep {
  enum class Prepend : uint8_t { kAlways, kFirst, kNever };
  std::string replacement = "\xE2\x96\x81";  // U+2581
  Prepend prepend = Prepend::kAlways;
  bool split = true;
};
struct WordsStep {};       // \w+ and [^\w\s]+
struct WhiteSpaceStep {};  // cuts at white space, and drops it
struct DigitsStep {
  bool individual = false;
};
struct PunctuationStep {
  SplitBehavior behavior = SplitBehavior::kIsolated;
};
struct BertWordsStep {};  // white space dropped, punctuation by itself

using PieceStep = std::variant<SplitStep, BytesStep, MetaspaceStep, WordsStep, WhiteSpaceStep,
                               DigitsStep, PunctuationStep, BertWordsStep>;

enum class PieceModel : uint8_t { kBytePairs, kWordPiece, kUnigram, kWholeWords };

// Found in a text before anything else happens to it.
struct AddedToken {
  std::string text;
  TokenId id = -1;
  bool special = false;       // only where special tokens are parsed
  bool strip_before = false;  // takes the white space there along
  bool strip_after = false;
  bool whole_word = false;  // not between letters
  bool normalized = false;  // looked for in normalized text, and normalized itself
};

struct PipelineSpec {
  std::vector<AddedToken> added;
  std::vector<PieceStep> pieces;
  PieceModel model = PieceModel::kBytePairs;

  // Byte pairs; views, as those of TokenizerSpec.
  std::vector<std::pair<std::string_view, std::string_view>> merges;  // best first
  bool ignore_merges = false;  // a piece that is a token is that token
  bool fuse_unknown = false;   // a run of unknown characters is one unknown token
  bool byte_fallback = false;  // unknown characters become <0x..> tokens
  std::string prefix;          // of a token that does not begin a word
  std::string suffix;          // of one that ends a word

  // What each token adds to a text behind another. Empty: tokens are spelled as byte_level.h says,
  // and byte pairs are merged over the bytes themselves. At a text's beginning a token may lose a
  // space, or all that it begins with.
  enum class FirstToken : uint8_t { kAsItIs, kWithoutSpace, kWithoutSpaces };
  std::vector<std::string> bytes;
  FirstToken first = FirstToken::kAsItIs;

  // Around the tokens of a text, where special tokens are added: [CLS] and [SEP].
  std::vector<TokenId> before;
  std::vector<TokenId> after;

  std::vector<TokenId> ends;  // end a generation, beside what TokenizerSpec names

  bool is_byte_level() const { return bytes.empty(); }
};

}  // namespace ingle
