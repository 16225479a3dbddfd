#include "tokenizer/answer/tool_formats.h"

#include <gtest/gtest.h>

#include "tokenizer/answer/answer_testing.h"

namespace ingle {
namespace {

struct Example {
  const char* family;
  const char* evidence;  // from a template
  const char* text;
  const char* shown;  // content and calls
};

// Forms that templates do not write back, or in which more can be written than they do.
const Example kExamples[] = {
    {"llama-3", "<|python_tag|>", R"({"name": "f", "parameters": {"a": "b"}})",
     R"(| f{"a": "b"}#call_0)"},
    {"llama-3", "<|python_tag|>", R"({"name": "Bob", "age": 7})", R"({"name": "Bob", "age": 7} |)"},
    {"llama-3", "<|python_tag|>", "{x} is a set", "{x} is a set |"},
    {"llama-3", "<|python_tag|>", R"(So: {"name": "f", "parameters": {}})",
     R"(So: {"name": "f", "parameters": {}} |)"},
    {"llama-3", "<|python_tag|>", R"(<|python_tag|>search.call(query="a b"))",
     R"(| search{"query": "a b"}#call_0)"},
    {"llama-3", "<|python_tag|>", "<|python_tag|>print(1)",
     "| python{\"code\": \"print(1)\"}#call_0"},
    {"mistral", "[TOOL_CALLS]", R"([TOOL_CALLS] [{"name": "f", "arguments": {}, "id": "x1"}])",
     "| f{}#x1"},
    {"mistral-args", "[TOOL_CALLS] [ARGS]",
     R"([TOOL_CALLS]f[ARGS]{"a": "]}"}[TOOL_CALLS]g[ARGS]{})",
     R"(| f{"a": "]}"}#call_0 g{}#call_1)"},
    {"mistral-args", "[TOOL_CALLS] [ARGS]", "[TOOL_CALLS]f[CALL_ID]i[ARGS]{} x", "x | f{}#i"},
    {"mistral-args", "[TOOL_CALLS] [ARGS]", "[TOOL_CALLS]f[ARGS]no", "[TOOL_CALLS]f[ARGS]no |"},
    {"deepseek", "<｜tool▁calls▁begin｜>",
     "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{\"a\": 1}\n```"
     "<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>g<｜tool▁sep｜>{}<｜tool▁call▁end｜>"
     "<｜tool▁calls▁end｜>",
     "| f{\"a\": 1}#call_0 g{}#call_1"},
    {"kimi-k2", "<|tool_calls_section_begin|>",
     "ok<|tool_calls_section_begin|><|tool_call_begin|>functions.a:b:3<|tool_call_argument_begin|>"
     "{\"a\":1}<|tool_call_end|><|tool_calls_section_end|>",
     "ok | a:b{\"a\": 1}#functions.a:b:3"},
    {"granite-3", "<|tool_call|>", R"(<|tool_call|>[{"name": "f", "arguments": {"a": 1}}])",
     R"(| f{"a": 1}#call_0)"},
    {"phi-4", "<|tool_call|> <|/tool_call|>",
     R"(<|tool_call|>[{"name": "f", "arguments": {"a": 1}}]<|/tool_call|>)",
     R"(| f{"a": 1}#call_0)"},
    {"firefunction", "functools[", R"( functools[{"name": "f", "arguments": {"a": 1}}])",
     R"(| f{"a": 1}#call_0)"},
    {"firefunction", "functools[", "import functools\n", "import functools\n |"},
    {"lfm2", "<|tool_call_start|>",
     R"(<|tool_call_start|>[f(a='it\'s', b=[1, -2.5, None], c={'k': True}), g()]<|tool_call_end|>!)",
     R"(! | f{"a": "it's", "b": [1, -2.5, null], "c": {"k": true}}#call_0 g{}#call_1)"},
    {"olmo-3", "<function_calls>", "<function_calls>\nf(a=\"x\")\ng(b=2)\n</function_calls>",
     R"(| f{"a": "x"}#call_0 g{"b": 2}#call_1)"},
    {"gemma-4", "<|tool_call>call:",
     R"(<|tool_call>call:f{a:<|"|>x "y", {z}<|"|>,b:[1,true],c:{d:null}}<tool_call|>)",
     R"(| f{"a": "x \"y\", {z}", "b": [1, true], "c": {"d": null}}#call_0)"},
    {"qwen-coder", "<tool_call> <function=",
     "<tool_call>\n<function=f>\n<parameter=code>\nif a:\n  b\n</parameter>\n<parameter=n>\n3\n"
     "</parameter>\n</function>\n</tool_call>",
     R"(| f{"code": "if a:\n  b", "n": 3}#call_0)"},
    {"qwen-coder", "<tool_call> <function=", "<function=f></function>", "| f{}#call_0"},
    {"qwen-coder", "<tool_call> <function=", "<function=f><parameter=a>1",
     "<function=f><parameter=a>1 |"},
    {"functionary-3.1", "<function=", R"(<function=f>{"a": 1}</function>)",
     R"(| f{"a": 1}#call_0)"},
    {"seed", "<seed:tool_call>",
     "<seed:tool_call>\n<function=f>\n<parameter=a>x</parameter>\n</function>\n</seed:tool_call>",
     R"(| f{"a": "x"}#call_0)"},
    {"minimax", "<minimax:tool_call>",
     "<minimax:tool_call>\n<invoke name=\"f\">\n<parameter name=\"a\">[1]</parameter>\n</invoke>\n"
     "<invoke name=\"g\">\n</invoke>\n</minimax:tool_call>",
     R"(| f{"a": [1]}#call_0 g{}#call_1)"},
    {"dsml", "｜DSML｜",
     "<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"f\">\n<｜DSML｜parameter name=\"a\" "
     "string=\"true\">1</｜DSML｜parameter>\n<｜DSML｜parameter name=\"b\" string=\"false\">1"
     "</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>",
     R"(| f{"a": "1", "b": 1}#call_0)"},
    {"minicpm", "<function name=\"",
     "<function name=\"f\"><param name=\"a\"><![CDATA[<b>&</param>]]></param></function>",
     R"(| f{"a": "<b>&</param>"}#call_0)"},
    {"kimi-k3", "'<|open|>' 'tools'",
     "<|open|>tools<|sep|><|open|>call tool=\"f\" index=\"1\"<|sep|><|open|>json "
     "type=\"object\"<|sep|>{\"a\": 1}<|close|>json<|sep|><|close|>call<|sep|>"
     "<|close|>tools<|sep|>",
     R"(| f{"a": 1}#call_0)"},
    {"glm", "<tool_call> <arg_key>",
     "<tool_call>f\n<arg_key>a</arg_key>\n<arg_value>x\ny</arg_value>\n</tool_call>"
     "<tool_call>g</tool_call>",
     R"(| f{"a": "x\ny"}#call_0 g{}#call_1)"},
    {"glm", "<tool_call> <arg_key>", "<tool_call>f<arg_key>a</arg_key><arg_value>x</arg_value>",
     "<tool_call>f<arg_key>a</arg_key><arg_value>x</arg_value> |"},
    {"jamba", "<tool_calls>", "<tool_calls>[{\"name\": \"f\", \"arguments\": {}}]</tool_calls>",
     "| f{}#call_0"},
    {"hermes", "<tool_call>",
     R"(<tool_call>{"name": "f", "arguments": "{\"a\": 1}"}{"name": "g"}</tool_call>)",
     R"(| f{"a": 1}#call_0 g{}#call_1)"},
    {"hermes", "<tool_call>",
     R"(<tool_call>{"type": "function", "id": "i", "function": {"name": "f"}})", "| f{}#i"},
    {"apertus", "<|tools_prefix|>",
     R"(<|tools_prefix|>[{"f": {"a": 1}}, {"g": {}}]<|tools_suffix|>)",
     R"(| f{"a": 1}#call_0 g{}#call_1)"},
    {"command-r", "<|START_ACTION|>",
     R"(<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "f", "parameters": {}}]<|END_ACTION|>)",
     "| f{}#0"},
};

TEST(ToolFormats, Examples) {
  for (const Example& example : kExamples) {
    const AnswerDialect dialect = {.tools = DetectTools(example.evidence)};
    EXPECT_EQ(dialect.tools_name(), example.family);
    std::string expected = example.shown;
    expected.insert(0, expected.front() == '|' ? " |  " : " | ");
    EXPECT_EQ(Shown(Parsed({.dialect = dialect}, example.text)), expected) << example.family;
  }
}

Value Tools(const char* json) {
  const Result<Value> tools = ParseJson(json);
  EXPECT_TRUE(tools);
  return tools ? *tools : Value();
}

TEST(ToolFormats, DeclaredStringsStayStrings) {
  const Value tools = Tools(R"([{"type": "function", "function": {"name": "f", "parameters":
      {"type": "object", "properties": {"zip": {"type": "string"}, "n": {"type": "integer"}}}}}])");
  const Answer answer = Parsed({.dialect = DetectDialect("<tool_call> <arg_key>"), .tools = tools},
                               "<tool_call>f<arg_key>zip</arg_key><arg_value>8001</arg_value>"
                               "<arg_key>n</arg_key><arg_value>8001</arg_value></tool_call>");
  EXPECT_EQ(Shown(answer), R"( |  | f{"zip": "8001", "n": 8001}#call_0)");
}

TEST(ToolFormats, ABareObjectCallsOnlyWhatIsOffered) {
  const Asked asked = {.dialect = DetectDialect("<|python_tag|>"),
                       .tools = Tools(R"([{"name": "f"}])")};
  EXPECT_EQ(Shown(Parsed(asked, R"({"name": "f", "parameters": {}})")), " |  | f{}#call_0");
  EXPECT_EQ(Shown(Parsed(asked, R"({"name": "g", "parameters": {}})")),
            R"( | {"name": "g", "parameters": {}} |)");
}

TEST(ToolFormats, DeepNestingIsContent) {
  for (const char* family : {"<tool_call>", "<|tool_call_start|>", "<|tool_call>call:"}) {
    const AnswerDialect dialect = {.tools = DetectTools(family)};
    for (const char* bracket : {"[", "{\"a\":", "f(a=["}) {
      std::string text(dialect.tools->syntaxes[0].open);
      for (int i = 0; i < 20000; ++i) text += bracket;
      text += dialect.tools->syntaxes[0].close;
      EXPECT_EQ(ParsedIn({.dialect = dialect}, text, [] { return size_t{100}; }).content, text);
    }
  }
}

}  // namespace
}  // namespace ingle
