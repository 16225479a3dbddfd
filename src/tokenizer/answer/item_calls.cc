// Calls of a name, a separator and JSON arguments.
#include <algorithm>
#include <utility>

#include "tokenizer/answer/call_readers.h"
#include "tokenizer/answer/text.h"

namespace ingle {
namespace {

using ItemReader = std::optional<ToolCall> (*)(std::string_view head, std::string_view arguments);

struct ItemSyntax {
  std::string_view open;
  std::string_view separator;
  std::string_view close;
  ItemReader read;
};

// Items and space between them, nothing else. The last one may lack its end.
std::optional<ToolCalls> ReadItems(const ItemSyntax& syntax, std::string_view text) {
  return ReadOneByOne(text, [&](std::string_view& rest) -> std::optional<ToolCall> {
    std::string_view head;
    if (!TakePrefix(rest, syntax.open) || !TakeUntil(rest, syntax.separator, head)) {
      return std::nullopt;
    }
    std::string_view arguments;
    if (!TakeUntil(rest, syntax.close, arguments)) arguments = std::exchange(rest, {});
    return syntax.read(Trimmed(head), Trimmed(arguments));
  });
}

// V3.1: NAME and {...}. V3 and R1: "function", and the name above a fenced block.
std::optional<ToolCall> ReadDeepSeekItem(std::string_view head, std::string_view arguments) {
  std::string_view name;
  if (head != "function" || !TakeUntil(arguments, "\n", name)) {
    return MakeCallFromJson(head, arguments);
  }
  constexpr std::string_view kFence = "```";
  TakePrefix(arguments, "```json");
  arguments = TrimmedRight(arguments);
  if (arguments.ends_with(kFence)) arguments.remove_suffix(kFence.size());
  return MakeCallFromJson(Trimmed(name), arguments);
}

// functions.NAME:INDEX, which is the call's id too.
std::optional<ToolCall> ReadKimiItem(std::string_view head, std::string_view arguments) {
  std::string_view name = head;
  TakePrefix(name, "functions.");
  const size_t colon = name.rfind(':');
  const bool has_index = colon != std::string_view::npos && colon + 1 < name.size() &&
                         name.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
  if (!has_index) return MakeCallFromJson(name, arguments);
  return MakeCallFromJson(name.substr(0, colon), arguments, head);
}

}  // namespace

std::optional<ToolCalls> ReadDeepSeekCalls(std::string_view text, const Value&) {
  return ReadItems({.open = "<｜tool▁call▁begin｜>",
                    .separator = "<｜tool▁sep｜>",
                    .close = "<｜tool▁call▁end｜>",
                    .read = ReadDeepSeekItem},
                   text);
}

std::optional<ToolCalls> ReadKimiCalls(std::string_view text, const Value&) {
  return ReadItems({.open = "<|tool_call_begin|>",
                    .separator = "<|tool_call_argument_begin|>",
                    .close = "<|tool_call_end|>",
                    .read = ReadKimiItem},
                   text);
}

std::optional<ToolCalls> ReadMistralCalls(std::string_view text, const Value&) {
  std::string_view head;
  if (!TakeUntil(text, "[ARGS]", head)) return std::nullopt;
  std::string_view name;
  std::string_view id = head;
  if (!TakeUntil(id, "[CALL_ID]", name)) name = std::exchange(id, {});
  std::optional<ToolCall> call = MakeCallFromJson(Trimmed(name), text, Trimmed(id));
  if (!call) return std::nullopt;
  ToolCalls calls;
  calls.push_back(std::move(*call));
  return calls;
}

}  // namespace ingle
