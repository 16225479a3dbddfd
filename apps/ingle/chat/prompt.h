// From text to the tokens of a prompt.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"
#include "tokenizer/tokenizer.h"

namespace ingle {

// The tokens of what a template rendered or a person wrote, special tokens recognised, begun with
// BOS once where the model wants that: many templates write it themselves, some leave it to the
// tokenizer.
Result<std::vector<TokenId>> PromptTokens(const Tokenizer& tokenizer, std::string_view prompt);

}  // namespace ingle
