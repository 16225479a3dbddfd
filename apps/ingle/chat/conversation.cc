#include "chat/conversation.h"

#include <utility>

#include "chat/prompt.h"
#include "engine/chat.h"

namespace ingle {
namespace {

// An answer as a later turn of the template reads it.
Value AssistantMessage(const Answer& answer) {
  Dict message;
  message.Set("role", "assistant");
  message.Set("content", answer.content);
  if (!answer.thinking.empty()) message.Set("reasoning_content", answer.thinking);
  if (answer.tool_calls.empty()) return message;
  ValueList calls;
  for (const ToolCall& call : answer.tool_calls) {
    const Result<Value> arguments = ParseJson(call.arguments);
    calls.push_back(Value::Map(
        {{"id", call.id},
         {"type", "function"},
         {"function", Value::Map({{"name", call.name},
                                  {"arguments", arguments ? *arguments : call.arguments}})}}));
  }
  message.Set("tool_calls", std::move(calls));
  return message;
}

}  // namespace

Conversation::Conversation(Engine& engine, Engine* draft, ChatOptions options)
    : engine_(engine),
      options_(std::move(options)),
      session_(engine.NewSession()),
      speculator_(engine, draft),
      dialect_(DetectDialect(engine.chat_template()->source())) {}

void Conversation::Clear() {
  messages_.clear();
  session_->Truncate(0);
}

Result<std::string> Conversation::Render() const {
  ValueList messages;
  if (!options_.system.empty()) {
    messages.push_back(Value::Map({{"role", "system"}, {"content", options_.system}}));
  }
  messages.insert(messages.end(), messages_.begin(), messages_.end());
  Dict variables;
  variables.Set("messages", std::move(messages));
  variables.Set("add_generation_prompt", true);
  if (options_.tools) variables.Set("tools", *options_.tools);
  if (options_.think) variables.Set("enable_thinking", *options_.think);
  return RenderChat(engine_, Value(std::move(variables)));
}

Result<Reply> Conversation::Ask(const std::string& text, const Listener& listener,
                                const std::atomic<bool>* cancel) {
  messages_.push_back(Value::Map({{"role", "user"}, {"content", text}}));
  const Result<std::string> prompt = Render();
  Result<Reply> reply = prompt ? Answered(*prompt, listener, cancel) : Fail(prompt.error());
  if (reply) {
    messages_.push_back(AssistantMessage(reply->answer));
  } else {
    messages_.pop_back();
  }
  return reply;
}

Result<Reply> Conversation::Answered(const std::string& prompt, const Listener& listener,
                                     const std::atomic<bool>* cancel) {
  const Result<std::vector<TokenId>> tokens = PromptTokens(engine_, prompt);
  if (!tokens) return Fail(tokens.error());

  AnswerParser parser(dialect_, prompt, options_.tools.value_or(Value()));
  bool wanted = true;
  const auto tell = [&](const std::vector<AnswerEvent>& events) {
    for (const AnswerEvent& event : events) wanted = wanted && listener(event);
    return wanted;
  };
  GenerateOptions generate = options_.generate;
  // Every answer has draws of its own, and the whole conversation follows from one seed.
  generate.sampling.seed += answers_++;
  generate.render_special = dialect_.thinking != nullptr || dialect_.tools != nullptr;
  generate.cancel = cancel;
  generate.speculator = &speculator_;
  generate.on_text = [&](std::string_view piece) { return tell(parser.Feed(piece)); };
  Result<Generation> generation = Generate(engine_, *session_, *tokens, generate);
  if (!generation) return Fail(generation.error());
  tell(parser.Finish());
  return Reply{parser.answer(), std::move(*generation)};
}

}  // namespace ingle
