// Answers put together at random from the marks of all families: never a crash, never a difference
// between ways of cutting them, never a lost byte where nothing was recognized.
#include <algorithm>
#include <ctime>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tokenizer/answer/answer_testing.h"
#include "tokenizer/answer/sections.h"
#include "tokenizer/answer/thinking_formats.h"
#include "tokenizer/answer/tool_formats.h"

namespace ingle {
namespace {

constexpr const char* kTemplates[] = {
    "<think></think> <tool_call>",
    "<|channel|>analysis",
    ">>>all",
    "to=self<|message|> <atem:function_calls>",
    "'<|open|>' 'think' 'tools'",
    "</think> <|tool_calls_section_begin|>",
    "</think> <｜tool▁calls▁begin｜>",
    "</think> ｜DSML｜",
    "</think> <minimax:tool_call>",
    "':opensource' <think{}> <tool_sep{}>",
    "<|START_THINKING|> <|START_ACTION|>",
    "</think> <TOOLCALL>",
    "<|inner_prefix|> <|tools_prefix|>",
    "</think> <|tool_call_start|>",
    "<|channel>thought <|tool_call>call:",
    "<|function_call|>",
    "functools[",
    "[THINK] [TOOL_CALLS] [ARGS]",
    "[TOOL_CALLS]",
    "<think></think><response></response> <|tool_call|>",
    "<seed:think> <seed:tool_call>",
    "</think> <tool_call> <arg_key>",
    "</think> <tool_call> <function=",
    "<function name=\"",
    "<function_calls>",
    "<|python_tag|>",
};

// Beside the marks of a dialect itself.
// clang-format off
constexpr const char* kFragments[] = {
    "{", "}", "[", "]", "\"", "\\", "'", "f", "a", "1", " ", "\n", ":", ",", "=", "(", ")", ">",
    "<", "</", "|", "{\"name\": \"f\", \"arguments\": {}}", "[{\"name\": \"f\"}]", "<|\"|>",
    "f(a=1)", "f{a:1}", "<function=f>", "</function>", "<parameter=a>", "</parameter>",
    "<arg_key>a</arg_key>", "<arg_value>1</arg_value>", "[ARGS]", "[CALL_ID]", "Zü", "\xff",
    "<invoke name=\"f\">", "</invoke>", "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "f\n", "all\n",
    "<|tool_call_begin|>", "<|tool_call_argument_begin|>", "analysis", "to=functions.f",
    "to=self", "<|message|>", "<|end|>", "<|start|>assistant", "<![CDATA[", "]]>", "<think>",
    "</think>"};
// clang-format on

std::vector<std::string> Fragments(const AnswerDialect& dialect) {
  std::vector<std::string> all(std::begin(kFragments), std::end(kFragments));
  const auto add = [&](std::string_view mark) {
    if (mark.empty()) return;
    for (int i = 0; i < 4; ++i) all.emplace_back(mark);  // more likely than the rest
    all.emplace_back(mark.substr(0, mark.size() / 2));
  };
  if (dialect.thinking != nullptr) {
    add(dialect.thinking->open);
    add(dialect.thinking->close);
    for (const std::string_view frame : dialect.thinking->frame) add(frame);
  }
  if (dialect.tools != nullptr) {
    for (const CallSyntax& syntax : dialect.tools->syntaxes) {
      add(syntax.open);
      add(syntax.close);
    }
    if (dialect.tools->sections != nullptr) {
      for (const std::string_view open : dialect.tools->sections->open) add(open);
    }
  }
  return all;
}

TEST(AnswerGarbage, IsReadTheSameHoweverItIsCut) {
  std::minstd_rand random(7);
  for (const char* source : kTemplates) {
    const AnswerDialect dialect = DetectDialect(source);
    const std::vector<std::string> fragments = Fragments(dialect);
    for (int round = 0; round < 80; ++round) {
      std::string text;
      for (size_t i = random() % 40; i > 0; --i) text += fragments[random() % fragments.size()];
      const std::string prompt = fragments[random() % fragments.size()];
      const Answer answer = Parsed({.dialect = dialect, .prompt = prompt}, text);
      EXPECT_LE(answer.content.size() + answer.thinking.size(), text.size());
      for (const ToolCall& call : answer.tool_calls) {
        const Result<Value> arguments = ParseJson(call.arguments);
        EXPECT_TRUE(arguments && arguments->IsDict()) << call.arguments;
      }
      if (::testing::Test::HasFailure()) return;
    }
  }
}

TEST(AnswerGarbage, LosesNothingWhereNothingIsRecognized) {
  std::minstd_rand random(11);
  for (const char* source : kTemplates) {
    const AnswerDialect dialect = {.tools = DetectDialect(source).tools};
    if (dialect.tools == nullptr || dialect.tools->sections != nullptr) continue;
    const std::vector<std::string> fragments = Fragments(dialect);
    for (int round = 0; round < 80; ++round) {
      std::string text;
      for (size_t i = random() % 20; i > 0; --i) text += fragments[random() % fragments.size()];
      const Answer answer = Parsed({.dialect = dialect}, text);
      if (answer.tool_calls.empty()) {
        EXPECT_EQ(answer.content, text) << source;
      }
    }
  }
}

// Each family's opening marks in a long row, in small pieces: the work grows as the text does, not
// with its square.
TEST(AnswerGarbage, LongAnswersTakeLinearTime) {
  const std::clock_t start = std::clock();  // processor time: the machine may be busy
  for (const char* source : kTemplates) {
    const AnswerDialect dialect = DetectDialect(source);
    std::vector<std::string> rows = {"<"};
    if (dialect.thinking != nullptr) rows.emplace_back(dialect.thinking->open);
    if (dialect.tools != nullptr) rows.emplace_back(dialect.tools->syntaxes[0].open);
    for (const std::string& row : rows) {
      std::string text;
      while (text.size() < 400000) text += row + " ";
      ParsedIn({.dialect = dialect}, text, [] { return size_t{16}; });
    }
  }
  EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 100);
}

}  // namespace
}  // namespace ingle
