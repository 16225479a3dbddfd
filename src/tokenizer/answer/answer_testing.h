// What the tests of answers share.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tokenizer/answer/answer_parser.h"

namespace ingle {

// "thinking | content | name{...}#id", for comparing whole answers at once.
inline std::string Shown(const Answer& answer) {
  std::string shown = answer.thinking + " | " + answer.content + " |";
  for (const ToolCall& call : answer.tool_calls) {
    shown += " " + call.name + call.arguments + "#" + call.id;
  }
  return shown;
}

inline void Join(const std::vector<AnswerEvent>& events, Answer& answer) {
  for (const AnswerEvent& event : events) {
    switch (event.kind) {
      case AnswerEvent::Kind::kContent:
        answer.content += event.text;
        break;
      case AnswerEvent::Kind::kThinking:
        answer.thinking += event.text;
        break;
      case AnswerEvent::Kind::kToolCall:
        answer.tool_calls.push_back(event.call);
    }
  }
}

struct Asked {
  AnswerDialect dialect;
  std::string prompt = {};
  Value tools = Value(true);
};

// The answer as the parser gives it when the text comes in pieces of the sizes that next_size
// gives. Its events must join to the answer that it keeps.
template <class NextSize>
Answer ParsedIn(const Asked& asked, std::string_view text, NextSize next_size) {
  AnswerParser parser(asked.dialect, asked.prompt, asked.tools);
  Answer joined;
  while (!text.empty()) {
    const size_t size = std::min(text.size(), next_size());
    Join(parser.Feed(text.substr(0, size)), joined);
    text.remove_prefix(size);
  }
  Join(parser.Finish(), joined);
  EXPECT_EQ(Shown(joined), Shown(parser.answer()));
  return joined;
}

// The answer, which must be the same whether it comes whole, byte by byte or in random pieces.
inline Answer Parsed(const Asked& asked, std::string_view text) {
  const Answer whole = ParsedIn(asked, text, [&] { return text.size(); });
  const Answer bytes = ParsedIn(asked, text, [] { return size_t{1}; });
  EXPECT_EQ(Shown(whole), Shown(bytes)) << "byte by byte: " << text;
  std::minstd_rand random(static_cast<unsigned>(text.size()) + 1);
  for (int i = 0; i < 4; ++i) {
    const Answer pieces = ParsedIn(asked, text, [&] { return size_t{1 + random() % 12}; });
    EXPECT_EQ(Shown(whole), Shown(pieces)) << "in pieces: " << text;
  }
  return whole;
}

}  // namespace ingle
