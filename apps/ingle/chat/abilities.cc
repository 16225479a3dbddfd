#include "chat/abilities.h"

#include "engine/chat.h"
#include "tokenizer/answer/answer_parser.h"

namespace ingle {
namespace {

// Words that no template writes by itself.
constexpr const char* kMark = "q7x-mark";

Value Message(const char* role, const char* content) {
  return Value::Map({{"role", role}, {"content", content}});
}

// Whether the template shows the mark that variables hold somewhere.
bool Shows(const Engine& engine, const Value& variables) {
  const Result<std::string> prompt = RenderChat(engine, variables);
  return prompt && prompt->find(kMark) != std::string::npos;
}

bool ShowsSystem(const Engine& engine) {
  return Shows(engine,
               Value::Map({{"messages", ValueList{Message("system", kMark), Message("user", "x")}},
                           {"add_generation_prompt", true}}));
}

bool ShowsTools(const Engine& engine) {
  const Value tool = Value::Map(
      {{"type", "function"},
       {"function", Value::Map({{"name", kMark},
                                {"description", "x"},
                                {"parameters", Value::Map({{"type", "object"},
                                                           {"properties", Value(Dict())}})}})}});
  return Shows(engine, Value::Map({{"messages", ValueList{Message("user", "x")}},
                                   {"tools", ValueList{tool}},
                                   {"add_generation_prompt", true}}));
}

}  // namespace

ChatAbilities FindAbilities(const Engine& engine) {
  if (engine.chat_template() == nullptr) return {};
  return {.chat = true,
          .system = ShowsSystem(engine),
          .tools = ShowsTools(engine),
          .thinking = DetectDialect(engine.chat_template()->source()).thinking != nullptr};
}

}  // namespace ingle
