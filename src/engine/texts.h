// Texts through a model that answers them one by one: to embed or to classify, not to go on.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "engine/turns.h"

namespace ingle {

// How many tokens of a text are embedded or classified: what the context holds, or less where the
// model's files say so.
uint32_t LongestText(const Engine& engine);

struct EncodedText {
  std::vector<TokenId> tokens;
  size_t left_out = 0;  // tokens that did not fit
};

// The text's tokens, with the special ones that the model wants before and after it; those that are
// spelled in the text count as such. A text of more than `longest` tokens loses the last ones that
// are its own. Fails as Tokenizer::Encode does.
Result<EncodedText> EncodeText(const Tokenizer& tokenizer, std::string_view text, size_t longest);

struct TextRun {
  bool states = false;  // the last hidden states, whatever the model's answer is
  StepItem::Logits rows = StepItem::Logits::kAll;
  Turns* turns = nullptr;  // held while the engine computes, given up between steps; may be null
};

// Gets the rows of a text, in the order of its tokens; of a long one in several calls, of which the
// last says so. Valid during the call.
using OnRows = std::function<void(std::span<const float> rows, bool last)>;

// Runs texts in their order, several short ones in a step. What is computed of a text does not
// depend on the others, bit for bit. Fails as Engine::Step does, with kInvalidArgument for a text
// without tokens and kTooLarge for one that the context does not hold.
Status RunTexts(Engine& engine, std::span<const std::vector<TokenId>> texts, const TextRun& run,
                const OnRows& on_rows);

}  // namespace ingle
