#include "chat/prompt.h"

namespace ingle {

Result<std::vector<TokenId>> PromptTokens(const Tokenizer& tokenizer, std::string_view prompt) {
  Result<std::vector<TokenId>> tokens =
      tokenizer.Encode(prompt, {.add_special = false, .parse_special = true});
  if (!tokens) return tokens;
  const std::optional<TokenId> bos = tokenizer.bos();
  const bool begun = !tokens->empty() && bos && tokens->front() == *bos;
  if (tokenizer.adds_bos() && bos && !begun) tokens->insert(tokens->begin(), *bos);
  return tokens;
}

}  // namespace ingle
