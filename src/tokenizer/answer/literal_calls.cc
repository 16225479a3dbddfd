// Calls whose arguments are literals of a programming language.
#include <utility>

#include "tokenizer/answer/call_readers.h"
#include "tokenizer/answer/literal_reader.h"
#include "tokenizer/answer/text.h"

namespace ingle {
namespace {

std::optional<ToolCall> TakeCall(LiteralReader& reader, std::string_view name, char separator,
                                 char close) {
  const std::optional<Value> arguments = reader.Entries(separator, close);
  if (!arguments) return std::nullopt;
  return MakeCall(name, *arguments);
}

}  // namespace

// With or without the list around, calls separated by commas or space.
std::optional<ToolCalls> ReadPythonCalls(std::string_view text, const Value&) {
  LiteralReader reader(text);
  const bool is_list = reader.Take('[');
  ToolCalls calls;
  while (reader.Peek() != '\0' && reader.Peek() != ']') {
    const std::string_view name = reader.Word();
    if (!reader.Take('(')) return std::nullopt;
    std::optional<ToolCall> call = TakeCall(reader, name, '=', ')');
    if (!call) return std::nullopt;
    calls.push_back(std::move(*call));
    reader.Take(',');
  }
  if (calls.empty() || reader.Take(']') != is_list || reader.Peek() != '\0') return std::nullopt;
  return calls;
}

std::optional<ToolCalls> ReadGemmaCalls(std::string_view text, const Value&) {
  LiteralReader reader(text);
  const std::string_view name = reader.Word("_.-:");
  if (!reader.Take('{')) return std::nullopt;
  std::optional<ToolCall> call = TakeCall(reader, name, ':', '}');
  if (!call || reader.Peek() != '\0') return std::nullopt;
  ToolCalls calls;
  calls.push_back(std::move(*call));
  return calls;
}

}  // namespace ingle
