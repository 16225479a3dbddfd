#include "engine/chat.h"

#include <optional>
#include <utility>

namespace ingle {

Result<std::string> RenderChat(const Engine& engine, const Value& variables) {
  if (engine.template_error()) return Fail(*engine.template_error());
  if (engine.chat_template() == nullptr) {
    return Fail(ErrorCode::kNotFound, "the model ", Quote(engine.model_info().path),
                " has no chat template; it completes text");
  }
  if (!variables.IsDict()) {
    return Fail(ErrorCode::kInvalidArgument, "what a chat template reads is an object, with ",
                "\"messages\" in it");
  }
  Dict completed;
  for (const Dict::Entry& entry : variables.dict().entries()) completed.Set(entry.key, entry.value);
  const auto add = [&](const char* name, std::optional<TokenId> token) {
    if (token && !variables.Find(name)) {
      completed.Set(name, engine.tokenizer().TokenText(*token));
    }
  };
  add("bos_token", engine.tokenizer().bos());
  add("eos_token", engine.tokenizer().eos());
  TemplateInput input;
  input.variables = std::move(completed);
  return engine.chat_template()->Render(input);
}

}  // namespace ingle
