// Takes a model's answer apart while it streams: what it says, what it thinks, what it wants
// called.
//
// Each family of models marks these in its own way. The way is found from the chat template, since
// a template writes earlier thoughts and calls back in the form in which the model wrote them.
//
// Text is never lost: what begins like a call and turns out not to be one comes out as content.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/template/value.h"

namespace ingle {

struct ToolCall {
  std::string id;  // as the model gave it, or "call_0", "call_1" ... where it gives none
  std::string name;
  std::string arguments;  // a JSON object, one line
};

struct AnswerEvent {
  enum class Kind { kContent, kThinking, kToolCall };
  Kind kind;
  std::string text;  // kContent, kThinking: the next piece
  ToolCall call;     // kToolCall: whole, when its last byte has come
};

struct Answer {
  std::string content;
  std::string thinking;
  std::vector<ToolCall> tool_calls;
};

struct ThinkingFormat;  // thinking_formats.h
struct ToolFormat;      // tool_formats.h

// How one family marks its answers; null where it does not. Points to static tables.
struct AnswerDialect {
  const ThinkingFormat* thinking = nullptr;
  const ToolFormat* tools = nullptr;

  // "think", "harmony" ... and "none".
  std::string_view thinking_name() const;
  std::string_view tools_name() const;
};

AnswerDialect DetectDialect(std::string_view template_source);

// One parser, one answer. Not thread-safe.
class AnswerParser {
 public:
  // prompt: what the template rendered; its end tells whether the answer begins inside a thought.
  // tools: what was offered, as the template reads it: a list, which also tells the types of
  // arguments. A true does where it is not at hand. None or false: nothing is taken for a call.
  AnswerParser(AnswerDialect dialect, std::string_view prompt, const Value& tools);
  ~AnswerParser();
  AnswerParser(AnswerParser&&) noexcept;
  AnswerParser& operator=(AnswerParser&&) noexcept;

  // The next text of the answer, special tokens spelled out, split anywhere. What may still become
  // a tag or a call is held back until that is decided. Blanks next to a tag are dropped.
  std::vector<AnswerEvent> Feed(std::string_view piece);

  // The answer is over: gives what was held back. REQUIRES: called once, last.
  std::vector<AnswerEvent> Finish();

  // All events so far, joined.
  const Answer& answer() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace ingle
