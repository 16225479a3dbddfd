#include "tokenizer/answer/call_readers.h"

#include <algorithm>

#include "base/utf8.h"
#include "tokenizer/answer/text.h"

namespace ingle {

bool IsCallName(std::string_view name) {
  constexpr size_t kMaxSize = 128;
  return !name.empty() && name.size() <= kMaxSize &&
         std::all_of(name.begin(), name.end(), [](char c) {
           constexpr std::string_view kNever = "<>{}[]()\"'`,;|\x7f";
           return static_cast<unsigned char>(c) > ' ' && kNever.find(c) == std::string_view::npos;
         });
}

std::optional<ToolCall> MakeCall(std::string_view name, const Value& arguments,
                                 std::string_view id) {
  if (arguments.IsString()) return MakeCallFromJson(name, arguments.text(), id);
  if (arguments.IsNone()) return MakeCall(name, Value(Dict()), id);
  if (!IsCallName(name) || !arguments.IsDict()) return std::nullopt;
  Result<std::string> json = ToJson(arguments);
  if (!json || !IsValidUtf8(*json) || !IsValidUtf8(name) || !IsValidUtf8(id)) return std::nullopt;
  return ToolCall{.id = std::string(id), .name = std::string(name), .arguments = std::move(*json)};
}

std::optional<ToolCall> MakeCallFromJson(std::string_view name, std::string_view arguments,
                                         std::string_view id) {
  if (Trimmed(arguments).empty()) return MakeCall(name, Value(Dict()), id);
  const Result<Value> value = ParseJson(Trimmed(arguments));
  if (!value || !value->IsDict()) return std::nullopt;
  return MakeCall(name, *value, id);
}

const Value* FindTool(const Value& tools, std::string_view name) {
  if (!tools.IsSequence()) return nullptr;
  for (const Value& tool : tools.items()) {
    const Value* function = tool.Find("function");
    const Value& declared = function != nullptr ? *function : tool;
    const Value* its_name = declared.Find("name");
    if (its_name != nullptr && its_name->IsString() && its_name->text() == name) return &declared;
  }
  return nullptr;
}

Value BareValue(std::string_view text, const Value& tools, std::string_view tool,
                std::string_view parameter) {
  const Value* declared = FindTool(tools, tool);
  for (const std::string_view key : {std::string_view("parameters"), std::string_view("properties"),
                                     parameter, std::string_view("type")}) {
    if (declared != nullptr) declared = declared->Find(key);
  }
  const bool is_string =
      declared != nullptr && declared->IsString() && declared->text() == "string";
  if (is_string) return Value(text);

  // Sparing long texts the attempt: JSON begins with one of these.
  const std::string_view trimmed = Trimmed(text);
  constexpr std::string_view kStarts = "{[\"-0123456789tfn";
  if (!trimmed.empty() && kStarts.find(trimmed.front()) != std::string_view::npos) {
    Result<Value> value = ParseJson(trimmed);
    if (value && ToJson(*value)) return std::move(*value);
  }
  return Value(text);
}

}  // namespace ingle
