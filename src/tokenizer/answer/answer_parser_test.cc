#include "tokenizer/answer/answer_parser.h"

#include <gtest/gtest.h>

#include "tokenizer/answer/answer_testing.h"

namespace ingle {
namespace {

const AnswerDialect kPlain;
const AnswerDialect kQwen = DetectDialect("<think></think> <tool_call>");
const AnswerDialect kHarmony = DetectDialect("<|channel|>analysis<|message|>");
const AnswerDialect kKimi = DetectDialect("</think> <|tool_calls_section_begin|>");

std::string Show(const AnswerDialect& dialect, std::string_view text, std::string prompt = {}) {
  return Shown(Parsed({dialect, std::move(prompt)}, text));
}

TEST(AnswerParser, PlainTextPassesAsItIs) {
  EXPECT_EQ(Show(kPlain, "  a <think>b</think>\n\n"), " |   a <think>b</think>\n\n |");
  EXPECT_EQ(Show(kQwen, "\n x < y \n"), " | \n x < y \n |");
  EXPECT_EQ(Show(kQwen, ""), " |  |");
}

TEST(AnswerParser, TakesThoughtsOut) {
  EXPECT_EQ(Show(kQwen, "<think>\nhm, a <b>\n</think>\n\nYes.\n"), "hm, a <b> | Yes.\n |");
  EXPECT_EQ(Show(kQwen, "<think>\n\n</think>\n\nYes."), " | Yes. |");
  EXPECT_EQ(Show(kQwen, "<think>never ends\n"), "never ends |  |");
}

TEST(AnswerParser, ThePromptMayOpenTheThought) {
  EXPECT_EQ(Show(kQwen, "hm</think>\nYes", "<|im_start|>assistant\n<think>\n"), "hm | Yes |");
  EXPECT_EQ(Show(kQwen, "\n\nYes", "assistant\n<think>\n\n</think>\n\n"), " | Yes |");
  EXPECT_EQ(Show(kQwen, "Yes", "what is <think>?\n<|im_start|>assistant\n"), " | Yes |");
}

TEST(AnswerParser, TalkingAboutTagsIsNoThought) {
  EXPECT_EQ(Show(kQwen, "The <think> tag and </think>."), " | The <think> tag and </think>. |");
  EXPECT_EQ(Show(kQwen, "Write <tool_call> first."), " | Write <tool_call> first. |");
}

TEST(AnswerParser, CallsBetweenText) {
  EXPECT_EQ(Show(kQwen,
                 "<think>t</think>Let me see.\n<tool_call>\n{\"name\": \"f\"}\n</tool_call>\n"
                 "<tool_call>{\"name\":\"g\",\"arguments\":{\"a\":[1,\"</tool_call>\"]}}"
                 "</tool_call>\nDone."),
            "t | Let me see.Done. | f{}#call_0 g{\"a\": [1, \"</tool_call>\"]}#call_1");
}

TEST(AnswerParser, MalformedCallsAreContent) {
  for (const char* text :
       {"x <tool_call>{\"name\": \"f\", }</tool_call> y", "<tool_call></tool_call>",
        "<tool_call>{\"name\": 1}</tool_call>", "<tool_call>{\"name\": \"f\", \"argum",
        "<tool_call>{\"name\": \"f\", \"arguments\": [1]}</tool_call>\n",
        "<tool_call>{\"name\": \"a b\"}</tool_call>", "\n<tool_call>\n", "<tool_c",
        "<tool_call>{\"name\": \"f\", \"arguments\": \"{\"}</tool_call>"}) {
    EXPECT_EQ(Show(kQwen, text), " | " + std::string(text) + " |");
  }
  EXPECT_EQ(Show(kQwen, "<tool_call>{\"oops</tool_call>\n<tool_call>{\"name\":\"f\"}</tool_call>"),
            " | <tool_call>{\"oops</tool_call>\n<tool_call>{\"name\":\"f\"}</tool_call> |")
      << "the stray quote ends with its line, but the call is not whole";
}

TEST(AnswerParser, ACallMayLackItsEndTag) {
  EXPECT_EQ(Show(kQwen, "<tool_call>{\"name\":\"f\",\"arguments\":{}}"), " |  | f{}#call_0");
}

TEST(AnswerParser, WithoutToolsNothingIsACall) {
  const std::string text = "<tool_call>{\"name\":\"f\"}</tool_call>";
  for (const Value& tools : {Value(), Value(false), Value(ValueList())}) {
    const Answer answer = Parsed({.dialect = kQwen, .tools = tools}, text);
    EXPECT_EQ(answer.content, text);
    EXPECT_TRUE(answer.tool_calls.empty());
  }
}

TEST(AnswerParser, OnlySpecialTokensCallWithinThoughts) {
  EXPECT_EQ(Show(kQwen, "<think>a <tool_call>{\"name\":\"f\"}</tool_call></think>"),
            "a <tool_call>{\"name\":\"f\"}</tool_call> |  |");
  EXPECT_EQ(Show(kKimi,
                 "<think>a <|tool_calls_section_begin|><|tool_call_begin|>functions.f:0"
                 "<|tool_call_argument_begin|>{}<|tool_call_end|>"
                 "<|tool_calls_section_end|>"),
            "a |  | f{}#functions.f:0");
}

TEST(AnswerParser, HoldsBackOnlyWhatMayBecomeAMark) {
  AnswerParser parser(kQwen, "", Value(true));
  const auto fed = [&](std::string_view piece) {
    Answer answer;
    Join(parser.Feed(piece), answer);
    return answer.content;
  };
  EXPECT_EQ(fed("a <"), "a");
  EXPECT_EQ(fed("b> <tool"), " <b>");
  EXPECT_EQ(fed("s>"), " <tools>");
  EXPECT_EQ(fed("<tool_call>{"), "");
  EXPECT_EQ(fed("\"name\": \"f\"}"), "");
  const std::vector<AnswerEvent> events = parser.Feed("</tool_call>");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, AnswerEvent::Kind::kToolCall);
  EXPECT_EQ(events[0].call.name, "f");
}

TEST(AnswerParser, Harmony) {
  const std::string prompt = "<|start|>user<|message|>hi<|end|><|start|>assistant";
  EXPECT_EQ(Show(kHarmony,
                 "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final"
                 "<|message|>Yes.<|return|>",
                 prompt),
            "hm | Yes. |");
  EXPECT_EQ(Show(kHarmony,
                 "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>commentary "
                 "to=functions.f <|constrain|>json<|message|>{\"a\":1}<|call|>",
                 prompt),
            "hm |  | f{\"a\": 1}#call_0");
  EXPECT_EQ(Show(kHarmony, " to=functions.f<|channel|>commentary json<|message|>{\"a\":1}", prompt),
            " |  | f{\"a\": 1}#call_0");
  EXPECT_EQ(Show(kHarmony, "<|channel|>analysis to=python code<|message|>print(1)<|call|>", prompt),
            " |  | python{\"code\": \"print(1)\"}#call_0");
  EXPECT_EQ(Show(kHarmony, "<|channel|>commentary to=functions.f<|message|>{\"a\"", prompt),
            " | <|channel|>commentary to=functions.f<|message|>{\"a\" |");
  EXPECT_EQ(Show(kHarmony, "No header at all.", prompt), " | No header at all. |");
  EXPECT_EQ(Show(kHarmony, "Yes.", prompt + "<|channel|>final<|message|>"), " | Yes. |");
}

TEST(AnswerParser, Functionary) {
  const AnswerDialect functionary = DetectDialect(">>>all");
  const std::string prompt = "<|start_header_id|>assistant<|end_header_id|>\n\n>>>";
  EXPECT_EQ(Show(functionary, "all\nSee: >>> print(1)\n2", prompt), " | See: >>> print(1)\n2 |");
  EXPECT_EQ(Show(functionary, "all\nLet me look.\n>>>f\n{\"a\": 1}>>>g\n{}", prompt),
            " | Let me look. | f{\"a\": 1}#call_0 g{}#call_1");
}

TEST(AnswerParser, Muse) {
  const AnswerDialect muse = DetectDialect("to=self<|message|> <atem:function_calls>");
  EXPECT_EQ(Show(muse,
                 " to=self<|message|>hm<|eom|><|start|>assistant to=f<|message|>"
                 "<atem:function_calls>\n<atem:invoke name=\"f\">\n<atem:parameter name=\"a\">1"
                 "</atem:parameter>\n</atem:invoke>\n</atem:function_calls><|eom|>"
                 "<|start|>assistant to=user<|message|>Done.",
                 "<|start|>assistant"),
            "hm | Done. | f{\"a\": 1}#call_0");
}

TEST(AnswerParser, FramesAroundContentAreDropped) {
  const AnswerDialect cohere = DetectDialect("<|START_THINKING|>");
  EXPECT_EQ(Show(cohere,
                 "<|START_THINKING|>hm<|END_THINKING|><|START_RESPONSE|>Yes."
                 "<|END_RESPONSE|>"),
            "hm | Yes. |");
  const AnswerDialect k3 = DetectDialect("'<|open|>' open_tag('think')");
  EXPECT_EQ(Show(k3, "hm<|close|>think<|sep|><|open|>response<|sep|>Yes<|close|>response<|sep|>",
                 "<|open|>think<|sep|>"),
            "hm | Yes |");
}

}  // namespace
}  // namespace ingle
