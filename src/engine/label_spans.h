// The labels of tokens as what people read: names and places, and where in the text they stand.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"

namespace ingle {

// Whether a token is there for something in the text. Control tokens are not, but for the unknown
// one, which checkpoint folders list among them.
bool StandsForText(const Tokenizer& tokenizer, TokenId token);

// The likeliest label of a token.
struct TokenLabel {
  size_t label = 0;  // of ModelInfo::labels
  float probability = 0;
};
TokenLabel Likeliest(std::span<const float> probabilities);

// Tokens [begin, end) that have a label together: "B-PER I-PER" is one PER, "PER PER" too.
struct LabelSpan {
  std::string label;
  size_t begin = 0;
  size_t end = 0;
  float probability = 0;  // the mean of its tokens'
};

// One for each stretch of tokens of the same label; none for the label "O", which means that there
// is nothing, and for tokens without one, which stand between nothing.
std::vector<LabelSpan> GroupLabels(const Labels& labels,
                                   std::span<const std::optional<TokenLabel>> tokens);

struct ByteRange {
  size_t begin = 0;
  size_t end = 0;
};

// Where in the text each token stands; nothing for those that spell nothing. From the first token
// on that cannot be found there is nothing: a tokenizer may spell a text in another way than it is
// written. Letters of ASCII may differ in their case. An unknown token stands for a word.
std::vector<std::optional<ByteRange>> FindTokens(const Tokenizer& tokenizer,
                                                 std::span<const TokenId> tokens,
                                                 std::string_view text);

}  // namespace ingle
