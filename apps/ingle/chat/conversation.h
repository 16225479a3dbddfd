// A conversation with a model, through its chat template: what was said, and the session that
// remembers how it was computed.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/engine.h"
#include "engine/generate.h"
#include "tokenizer/answer/answer_parser.h"
#include "tokenizer/template/value.h"

namespace ingle {

struct ChatOptions {
  // on_text, cancel, render_special and speculator are the conversation's own.
  GenerateOptions generate;
  std::string system;  // empty: none
  std::optional<bool> think;
  std::optional<Value> tools;  // a list, as the template reads it
};

struct Reply {
  Answer answer;
  Generation generation;
};

// REQUIRES: the engine has a chat template; it and the draft model, which may be null (see
// Speculator), outlive the conversation.
class Conversation {
 public:
  Conversation(Engine& engine, Engine* draft, ChatOptions options);

  ChatOptions& options() { return options_; }

  // Hears an answer as it comes; false ends it.
  using Listener = std::function<bool(const AnswerEvent&)>;

  // Says text and waits for the answer. When cancel becomes true the answer ends there and counts
  // as given; on failure the conversation is as before.
  Result<Reply> Ask(const std::string& text, const Listener& listener,
                    const std::atomic<bool>* cancel = nullptr);

  // Forgets all turns; the system message stays.
  void Clear();

  // The turns, without the system message, as {"role": ..., "content": ...}.
  const ValueList& messages() const { return messages_; }
  void SetMessages(ValueList messages) { messages_ = std::move(messages); }

  // Tokens that the session holds.
  uint32_t tokens() const { return session_->length(); }

 private:
  Result<std::string> Render() const;
  Result<Reply> Answered(const std::string& prompt, const Listener& listener,
                         const std::atomic<bool>* cancel);

  Engine& engine_;
  ChatOptions options_;
  std::unique_ptr<Session> session_;
  Speculator speculator_;
  AnswerDialect dialect_;
  ValueList messages_;
  uint64_t answers_ = 0;
};

}  // namespace ingle
