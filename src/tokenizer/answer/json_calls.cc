// Calls in JSON.
#include <initializer_list>
#include <utility>

#include "tokenizer/answer/call_readers.h"
#include "tokenizer/answer/json_extent.h"
#include "tokenizer/answer/text.h"

namespace ingle {
namespace {

// The first of these entries that is there.
const Value* FindAny(const Value& object, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (const Value* found = object.Find(key)) return found;
  }
  return nullptr;
}

std::string IdOf(const Value& object) {
  const Value* id = FindAny(object, {"id", "tool_call_id"});
  if (id == nullptr) return {};
  if (id->IsString()) return id->text();
  if (id->kind() == Value::Kind::kInt) return std::to_string(id->int_value());
  return {};
}

enum class Arguments { kOptional, kRequired };

std::optional<ToolCall> CallOf(const Value& object, Arguments arguments) {
  const Value* function = object.Find("function");
  if (function != nullptr && function->IsDict()) {  // OpenAI's {"type": ..., "function": {...}}
    std::optional<ToolCall> call = CallOf(*function, arguments);
    if (call && call->id.empty()) call->id = IdOf(object);
    return call;
  }
  const Value* name = FindAny(object, {"name", "tool_name", "function"});
  if (name == nullptr || !name->IsString()) return std::nullopt;
  const Value* given = FindAny(object, {"arguments", "parameters"});
  if (given == nullptr && arguments == Arguments::kRequired) return std::nullopt;
  return MakeCall(name->text(), given == nullptr ? Value() : *given, IdOf(object));
}

std::optional<ToolCall> NamedCallOf(const Value& object, Arguments) {
  if (!object.IsDict() || object.dict().size() != 1) return std::nullopt;
  const Dict::Entry& entry = object.dict().entries().front();
  return MakeCall(entry.key.text(), entry.value);
}

using ObjectReader = std::optional<ToolCall> (*)(const Value&, Arguments);

// The objects of one value or of several in a row, each an object or a list of objects.
std::optional<ToolCalls> ReadObjects(std::string_view text, ObjectReader read,
                                     Arguments arguments) {
  ToolCalls calls;
  const auto add = [&](const Value& object) {
    std::optional<ToolCall> call = read(object, arguments);
    if (call) calls.push_back(std::move(*call));
    return call.has_value();
  };
  for (text = Trimmed(text); !text.empty(); text = TrimmedLeft(text)) {
    JsonExtent extent;
    if (extent.Read(text) != JsonExtent::State::kClosed) return std::nullopt;
    const Result<Value> value = ParseJson(text.substr(0, extent.size()));
    if (!value) return std::nullopt;
    text.remove_prefix(extent.size());
    if (!value->IsSequence()) {
      if (!add(*value)) return std::nullopt;
      continue;
    }
    for (const Value& item : value->items()) {
      if (!add(item)) return std::nullopt;
    }
  }
  if (calls.empty()) return std::nullopt;
  return calls;
}

ToolCalls One(ToolCall call) {
  ToolCalls calls;
  calls.push_back(std::move(call));
  return calls;
}

// What a sandbox shall run.
std::optional<ToolCalls> PythonCode(std::string_view code) {
  std::optional<ToolCall> call = MakeCall("python", Value::Map({{"code", code}}));
  if (!call) return std::nullopt;
  return One(std::move(*call));
}

}  // namespace

std::optional<ToolCalls> ReadJsonCalls(std::string_view text, const Value&) {
  return ReadObjects(text, CallOf, Arguments::kOptional);
}

std::optional<ToolCalls> ReadBareJsonCalls(std::string_view text, const Value& tools) {
  std::optional<ToolCalls> calls = ReadObjects(text, CallOf, Arguments::kRequired);
  if (!calls || !tools.IsSequence()) return calls;
  for (const ToolCall& call : *calls) {
    if (FindTool(tools, call.name) == nullptr) return std::nullopt;
  }
  return calls;
}

std::optional<ToolCalls> ReadNamedJsonCalls(std::string_view text, const Value&) {
  return ReadObjects(text, NamedCallOf, Arguments::kRequired);
}

std::optional<ToolCalls> ReadArguments(std::string_view name, std::string_view text) {
  std::optional<ToolCall> call = MakeCallFromJson(name, text);
  if (call) return One(std::move(*call));
  if (name == "python") return PythonCode(Trimmed(text));
  return std::nullopt;
}

std::optional<ToolCalls> ReadPythonTag(std::string_view text, const Value& tools) {
  text = Trimmed(text);
  if (text.empty()) return std::nullopt;
  if (std::optional<ToolCalls> calls = ReadJsonCalls(text, tools)) return calls;
  constexpr std::string_view kMethod = ".call";
  std::optional<ToolCalls> calls = ReadPythonCalls(text, tools);
  if (calls && calls->size() == 1 && calls->front().name.ends_with(kMethod)) {
    std::string& name = calls->front().name;
    name.resize(name.size() - kMethod.size());
    if (!name.empty()) return calls;
  }
  return PythonCode(text);
}

}  // namespace ingle
