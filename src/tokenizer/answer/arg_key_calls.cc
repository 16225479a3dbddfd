// Calls whose keys and values are elements.

#include "tokenizer/answer/call_readers.h"
#include "tokenizer/answer/text.h"

namespace ingle {
namespace {

struct ArgKeySyntax {
  std::string_view open;
  std::string_view close;
  std::string_view name_end;  // beside a line's end and the first key
  std::string_view key_open;
  std::string_view key_close;
  std::string_view value_open;
  std::string_view value_close;
};

std::optional<ToolCall> TakeCall(const ArgKeySyntax& syntax, std::string_view& text,
                                 const Value& tools) {
  if (!TakePrefix(text, syntax.open)) return std::nullopt;
  text = TrimmedLeft(text);
  const std::string_view line = text.substr(0, text.find_first_of("<\n"));
  const std::string_view name = TrimmedRight(line);
  text = TrimmedLeft(text.substr(line.size()));
  if (!syntax.name_end.empty()) TakePrefix(text, syntax.name_end);

  Dict arguments;
  for (text = TrimmedLeft(text); !TakePrefix(text, syntax.close); text = TrimmedLeft(text)) {
    std::string_view key;
    std::string_view between;
    std::string_view value;
    if (!TakePrefix(text, syntax.key_open) || !TakeUntil(text, syntax.key_close, key) ||
        !TakeUntil(text, syntax.value_open, between) ||
        !TakeUntil(text, syntax.value_close, value)) {
      return std::nullopt;
    }
    key = Trimmed(key);
    if (!Trimmed(between).empty()) return std::nullopt;
    if (!arguments.Set(key, BareValue(value, tools, name, key))) return std::nullopt;
  }
  return MakeCall(name, std::move(arguments));
}

std::optional<ToolCalls> ReadArgKeys(const ArgKeySyntax& syntax, std::string_view text,
                                     const Value& tools) {
  return ReadOneByOne(text, [&](std::string_view& rest) { return TakeCall(syntax, rest, tools); });
}

}  // namespace

std::optional<ToolCalls> ReadGlmCalls(std::string_view text, const Value& tools) {
  return ReadArgKeys({.open = "<tool_call>",
                      .close = "</tool_call>",
                      .name_end = {},
                      .key_open = "<arg_key>",
                      .key_close = "</arg_key>",
                      .value_open = "<arg_value>",
                      .value_close = "</arg_value>"},
                     text, tools);
}

std::optional<ToolCalls> ReadHunyuanCalls(std::string_view text, const Value& tools) {
  return ReadArgKeys({.open = "<tool_call:opensource>",
                      .close = "</tool_call:opensource>",
                      .name_end = "<tool_sep:opensource>",
                      .key_open = "<arg_key:opensource>",
                      .key_close = "</arg_key:opensource>",
                      .value_open = "<arg_value:opensource>",
                      .value_close = "</arg_value:opensource>"},
                     text, tools);
}

}  // namespace ingle
