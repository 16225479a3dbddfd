#include "tokenizer/answer/tool_formats.h"

#include "tokenizer/answer/detect.h"
#include "tokenizer/answer/sections.h"

namespace ingle {
namespace {

// Between special tokens.
constexpr CallSyntax Between(std::string_view open, std::string_view close, CallReader read) {
  return {.open = open, .close = close, .end = CallEnd::kTag, .read = read, .special = true};
}

// JSON between special tokens.
constexpr CallSyntax JsonBetween(std::string_view open, std::string_view close, CallReader read) {
  return {.open = open,
          .close = close,
          .end = CallEnd::kTagOutsideStrings,
          .read = read,
          .special = true};
}

// JSON after a special token.
constexpr CallSyntax JsonAfter(std::string_view open) {
  return {.open = open, .end = CallEnd::kJsonValue, .read = ReadJsonCalls, .special = true};
}

// Between tags that an answer may also talk about.
constexpr CallSyntax BetweenWords(std::string_view open, std::string_view close, CallReader read) {
  return {.open = open, .close = close, .end = CallEnd::kTag, .read = read};
}

// An element that is the call itself: its tags are the reader's.
constexpr CallSyntax Element(std::string_view open, std::string_view close, CallReader read) {
  return {.open = open, .close = close, .end = CallEnd::kTag, .read = read, .marks_are_text = true};
}

constexpr CallSyntax kHermes = {.open = "<tool_call>",
                                .close = "</tool_call>",
                                .end = CallEnd::kTagOutsideStrings,
                                .read = ReadJsonCalls};

constexpr std::array<CallSyntax, 2> kLlama3 = {
    {{.open = "{",
      .end = CallEnd::kJsonValue,
      .read = ReadBareJsonCalls,
      .first_only = true,
      .marks_are_text = true},
     {.open = "<|python_tag|>", .end = CallEnd::kAnswer, .read = ReadPythonTag, .special = true}}};

constexpr CallSyntax kMistralArgs = {.open = "[TOOL_CALLS]",
                                     .end = CallEnd::kJsonValue,
                                     .read = ReadMistralCalls,
                                     .special = true,
                                     .json_after = "[ARGS]"};

constexpr CallSyntax kFirefunction = {
    .open = "functools", .end = CallEnd::kJsonValue, .read = ReadJsonCalls};

// A family whose evidence holds another's comes before it.
constexpr ToolFormat kFormats[] = {
    {.name = "harmony",  // gpt-oss
     .evidence = {"<|channel|>", "analysis"},
     .sections = &kHarmonySections},
    {.name = "functionary", .evidence = {">>>all"}, .sections = &kFunctionarySections},
    {.name = "atem",  // Muse
     .evidence = {"<atem:function_calls>"},
     .syntaxes = {Between("<atem:function_calls>", "</atem:function_calls>", ReadAtemCalls)}},
    {.name = "kimi-k3",
     .evidence = {"'<|open|>'", "'tools'"},
     .syntaxes = {Between("<|open|>tools<|sep|>", "<|close|>tools<|sep|>", ReadKimiK3Calls)}},
    {.name = "kimi-k2",
     .evidence = {"<|tool_calls_section_begin|>"},
     .syntaxes = {Between("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>",
                          ReadKimiCalls)}},
    {.name = "deepseek",  // V3, R1, V3.1
     .evidence = {"<｜tool▁calls▁begin｜>"},
     .syntaxes = {Between("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>", ReadDeepSeekCalls)}},
    {.name = "dsml",  // DeepSeek V4
     .evidence = {"｜DSML｜"},
     .syntaxes = {Between("<｜DSML｜tool_calls>", "</｜DSML｜tool_calls>", ReadDsmlCalls),
                  Between("<｜DSML｜function_calls>", "</｜DSML｜function_calls>", ReadDsmlCalls)}},
    {.name = "minimax",
     .evidence = {"<minimax:tool_call>"},
     .syntaxes = {Between("<minimax:tool_call>", "</minimax:tool_call>", ReadInvokeCalls)}},
    {.name = "hunyuan-3",
     .evidence = {"':opensource'", "<tool_sep{}>"},
     .syntaxes = {Between("<tool_calls:opensource>", "</tool_calls:opensource>",
                          ReadHunyuanCalls)}},
    {.name = "command-r",  // Cohere
     .evidence = {"<|START_ACTION|>"},
     .syntaxes = {JsonBetween("<|START_ACTION|>", "<|END_ACTION|>", ReadJsonCalls)}},
    {.name = "nemotron",
     .evidence = {"<TOOLCALL>"},
     .syntaxes = {JsonBetween("<TOOLCALL>", "</TOOLCALL>", ReadJsonCalls)}},
    {.name = "apertus",
     .evidence = {"<|tools_prefix|>"},
     .syntaxes = {JsonBetween("<|tools_prefix|>", "<|tools_suffix|>", ReadNamedJsonCalls)}},
    {.name = "lfm2",
     .evidence = {"<|tool_call_start|>"},
     .syntaxes = {Between("<|tool_call_start|>", "<|tool_call_end|>", ReadPythonCalls)}},
    {.name = "gemma-4",
     .evidence = {"<|tool_call>call:"},
     .syntaxes = {Between("<|tool_call>call:", "<tool_call|>", ReadGemmaCalls)}},
    {.name = "gigachat",
     .evidence = {"<|function_call|>"},
     .syntaxes = {JsonAfter("<|function_call|>")}},
    {.name = "firefunction", .evidence = {"functools["}, .syntaxes = {kFirefunction}},
    {.name = "mistral-args",  // Small 3.2, Devstral, Magistral
     .evidence = {"[TOOL_CALLS]", "[ARGS]"},
     .syntaxes = {kMistralArgs}},
    {.name = "mistral",  // 7B v0.3, Nemo
     .evidence = {"[TOOL_CALLS]"},
     .syntaxes = {JsonAfter("[TOOL_CALLS]")}},
    {.name = "phi-4",
     .evidence = {"<|/tool_call|>"},
     .syntaxes = {JsonBetween("<|tool_call|>", "<|/tool_call|>", ReadJsonCalls)}},
    {.name = "granite-3",
     .evidence = {"<|tool_call|>"},
     .syntaxes = {JsonAfter("<|tool_call|>"), kHermes}},
    {.name = "seed",
     .evidence = {"<seed:tool_call>"},
     .syntaxes = {Between("<seed:tool_call>", "</seed:tool_call>", ReadQwenCalls)}},
    {.name = "glm",  // GLM-4.5 and later, Laguna
     .evidence = {"<tool_call>", "<arg_key>"},
     .syntaxes = {Element("<tool_call>", "</tool_call>", ReadGlmCalls)}},
    {.name = "qwen-coder",
     .evidence = {"<tool_call>", "<function="},
     .syntaxes = {BetweenWords("<tool_call>", "</tool_call>", ReadQwenCalls),
                  Element("<function=", "</function>", ReadQwenCalls)}},
    {.name = "functionary-3.1",
     .evidence = {"<function="},
     .syntaxes = {Element("<function=", "</function>", ReadQwenCalls)}},
    {.name = "minicpm",
     .evidence = {"<function name=\""},
     .syntaxes = {Element("<function name=\"", "</function>", ReadMiniCpmCalls)}},
    {.name = "jamba",
     .evidence = {"<tool_calls>"},
     .syntaxes = {JsonBetween("<tool_calls>", "</tool_calls>", ReadJsonCalls)}},
    {.name = "olmo-3",
     .evidence = {"<function_calls>"},
     .syntaxes = {BetweenWords("<function_calls>", "</function_calls>", ReadPythonCalls)}},
    {.name = "hermes", .evidence = {"<tool_call>"}, .syntaxes = {kHermes}},
    {.name = "llama-3",
     .evidence = {"{\"name\": function name, \"parameters\""},
     .syntaxes = kLlama3},
    {.name = "llama-3", .evidence = {"<|python_tag|>"}, .syntaxes = kLlama3},
};

}  // namespace

const ToolFormat* DetectTools(std::string_view template_source) {
  return FirstWithEvidence(kFormats, template_source);
}

}  // namespace ingle
