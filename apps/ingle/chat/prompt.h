// From text to the tokens of a prompt.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"
#include "engine/engine.h"

namespace ingle {

// The tokens of what a template rendered or a person wrote, special tokens recognised. What a model
// goes on with begins with BOS once where the model wants that: many templates write it themselves,
// some leave it to the tokenizer. What a model reads as a whole, as encoders and encoder–decoders
// do, has all special tokens around it that the model wants.
Result<std::vector<TokenId>> PromptTokens(const Engine& engine, std::string_view prompt);

}  // namespace ingle
