#include "chat/prompt.h"

namespace ingle {

Result<std::vector<TokenId>> PromptTokens(const Engine& engine, std::string_view prompt) {
  const Tokenizer& tokenizer = engine.tokenizer();
  const bool whole = engine.model_info().whole_text || engine.model_info().start_token;
  if (whole) return tokenizer.Encode(prompt, {.add_special = true, .parse_special = true});
  Result<std::vector<TokenId>> tokens =
      tokenizer.Encode(prompt, {.add_special = false, .parse_special = true});
  if (!tokens) return tokens;
  const std::optional<TokenId> bos = tokenizer.bos();
  const bool begun = !tokens->empty() && bos && tokens->front() == *bos;
  if (tokenizer.adds_bos() && bos && !begun) tokens->insert(tokens->begin(), *bos);
  return tokens;
}

}  // namespace ingle
