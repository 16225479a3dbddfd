// Readers of the syntaxes in which models write calls. Each takes the text between the marks of a
// format and gives its calls, or nothing where the text breaks the syntax; then none of it counts.
//
// tools: as in AnswerParser. Syntaxes that write strings without quotes need the declared types.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizer/answer/answer_parser.h"
#include "tokenizer/answer/text.h"
#include "tokenizer/template/value.h"

namespace ingle {

using ToolCalls = std::vector<ToolCall>;
using CallReader = std::optional<ToolCalls> (*)(std::string_view text, const Value& tools);

// What a function may be called: at most 128 bytes, none of them space, control, quote or bracket.
bool IsCallName(std::string_view name);

// A call from its parts. Arguments are a dict, JSON text of one, or nothing at all (null, ""),
// which is an empty one.
std::optional<ToolCall> MakeCall(std::string_view name, const Value& arguments,
                                 std::string_view id = {});
std::optional<ToolCall> MakeCallFromJson(std::string_view name, std::string_view arguments,
                                         std::string_view id = {});

// A tool as the list declares it: null where it does not, or where there is no list.
const Value* FindTool(const Value& tools, std::string_view name);

// Calls one after the other, and nothing else. take: reads one off the beginning of a text, or
// nothing where none begins there.
template <class Take>
std::optional<ToolCalls> ReadOneByOne(std::string_view text, const Take& take) {
  ToolCalls calls;
  for (text = Trimmed(text); !text.empty(); text = TrimmedLeft(text)) {
    std::optional<ToolCall> call = take(text);
    if (!call) return std::nullopt;
    calls.push_back(std::move(*call));
  }
  if (calls.empty()) return std::nullopt;
  return calls;
}

// The value of a parameter that is written without quotes: text where the tool declares a string,
// else JSON where it is JSON.
Value BareValue(std::string_view text, const Value& tools, std::string_view tool,
                std::string_view parameter);

// json_calls.cc: {"name": ..., "arguments": {...}}, one, several or a list. Also known as
// "tool_name", "function", and "parameters", with "id" or "tool_call_id".
std::optional<ToolCalls> ReadJsonCalls(std::string_view text, const Value& tools);
// The same, but for where nothing else marks a call: without arguments or with the name of a tool
// that is not on the list it is none.
std::optional<ToolCalls> ReadBareJsonCalls(std::string_view text, const Value& tools);
// [{"NAME": {...}}]
std::optional<ToolCalls> ReadNamedJsonCalls(std::string_view text, const Value& tools);
// The arguments alone, the function's name having come before. Code for "python" need not be JSON.
std::optional<ToolCalls> ReadArguments(std::string_view name, std::string_view text);
// After Llama's <|python_tag|>: a JSON call, f.call(a="b"), or code for "python".
std::optional<ToolCalls> ReadPythonTag(std::string_view text, const Value& tools);

// item_calls.cc: a name, a separator, JSON arguments.
std::optional<ToolCalls> ReadDeepSeekCalls(std::string_view text, const Value& tools);
std::optional<ToolCalls> ReadKimiCalls(std::string_view text, const Value& tools);
// NAME[ARGS]{...}, NAME[CALL_ID]ID[ARGS]{...}
std::optional<ToolCalls> ReadMistralCalls(std::string_view text, const Value& tools);

// tag_calls.cc: <function=NAME><parameter=KEY>VALUE</parameter></function> and its kin.
std::optional<ToolCalls> ReadQwenCalls(std::string_view text, const Value& tools);
std::optional<ToolCalls> ReadInvokeCalls(std::string_view text, const Value& tools);  // MiniMax
std::optional<ToolCalls> ReadDsmlCalls(std::string_view text, const Value& tools);    // DeepSeek V4
std::optional<ToolCalls> ReadAtemCalls(std::string_view text, const Value& tools);    // Muse
std::optional<ToolCalls> ReadMiniCpmCalls(std::string_view text, const Value& tools);
std::optional<ToolCalls> ReadKimiK3Calls(std::string_view text, const Value& tools);

// arg_key_calls.cc: NAME<arg_key>KEY</arg_key><arg_value>VALUE</arg_value>
std::optional<ToolCalls> ReadGlmCalls(std::string_view text, const Value& tools);
std::optional<ToolCalls> ReadHunyuanCalls(std::string_view text, const Value& tools);

// literal_calls.cc: [f(a='x', b=1), g()], and Gemma's f{a:<|"|>x<|"|>,b:1}
std::optional<ToolCalls> ReadPythonCalls(std::string_view text, const Value& tools);
std::optional<ToolCalls> ReadGemmaCalls(std::string_view text, const Value& tools);

}  // namespace ingle
