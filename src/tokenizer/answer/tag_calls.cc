// Calls written as elements: one for the call, one for each parameter.
#include <utility>

#include "tokenizer/answer/call_readers.h"
#include "tokenizer/answer/text.h"

namespace ingle {
namespace {

struct TagSyntax {
  std::string_view call_open;  // the name follows
  std::string_view call_close;
  std::string_view parameter_open;  // the key follows
  std::string_view parameter_close;
  std::string_view name_end;  // of name and key; attributes may follow
  std::string_view tag_end = ">";
  std::string_view json_open = {};  // an element that holds all arguments as JSON
  std::string_view json_close = {};
  bool lines = false;  // a value stands on lines of its own
};

struct Tag {
  std::string_view name;
  std::string_view attributes;
};

// The rest of an opening tag.
bool TakeTag(const TagSyntax& syntax, std::string_view& text, Tag& tag) {
  if (!TakeUntil(text, syntax.tag_end, tag.attributes)) return false;
  if (syntax.name_end.empty()) {
    tag.name = Trimmed(std::exchange(tag.attributes, {}));
    return true;
  }
  return TakeUntil(tag.attributes, syntax.name_end, tag.name);
}

bool SaysString(std::string_view attributes) {
  return attributes.find("string=\"true\"") != std::string_view::npos ||
         attributes.find("type=\"string\"") != std::string_view::npos;
}

// bare: the value under a key, of the declared type.
template <class Bare>
bool TakeParameter(const TagSyntax& syntax, std::string_view& text, const Bare& bare,
                   Dict& arguments) {
  Tag tag;
  if (!TakeTag(syntax, text, tag) || tag.name.empty()) return false;
  std::string_view value;
  if (TakePrefix(text, "<![CDATA[")) {
    std::string_view between;
    return TakeUntil(text, "]]>", value) && TakeUntil(text, syntax.parameter_close, between) &&
           Trimmed(between).empty() && arguments.Set(tag.name, value);
  }
  if (!TakeUntil(text, syntax.parameter_close, value)) return false;
  if (syntax.lines) {
    TakePrefix(value, "\n");
    if (value.ends_with('\n')) value.remove_suffix(1);
  }
  return arguments.Set(tag.name, SaysString(tag.attributes) ? Value(value) : bare(tag.name, value));
}

std::optional<ToolCall> TakeCall(const TagSyntax& syntax, std::string_view& text,
                                 const Value& tools) {
  Tag tag;
  if (!TakePrefix(text, syntax.call_open) || !TakeTag(syntax, text, tag)) return std::nullopt;

  // Arguments that are no parameters are JSON.
  text = TrimmedLeft(text);
  const bool has_json = !syntax.json_open.empty() && TakePrefix(text, syntax.json_open);
  if (has_json || text.starts_with('{')) {
    std::string_view json;
    std::string_view between;
    if (has_json && !TakeUntil(text, syntax.json_close, json)) return std::nullopt;
    if (!TakeUntil(text, syntax.call_close, has_json ? between : json)) return std::nullopt;
    if (!Trimmed(between).empty()) return std::nullopt;
    return MakeCallFromJson(tag.name, json);
  }

  const auto bare = [&](std::string_view key, std::string_view value) {
    return BareValue(value, tools, tag.name, key);
  };
  Dict arguments;
  while (!TakePrefix(text, syntax.call_close)) {
    if (!TakePrefix(text, syntax.parameter_open) || !TakeParameter(syntax, text, bare, arguments)) {
      return std::nullopt;
    }
    text = TrimmedLeft(text);
  }
  return MakeCall(tag.name, std::move(arguments));
}

std::optional<ToolCalls> ReadTags(const TagSyntax& syntax, std::string_view text,
                                  const Value& tools) {
  return ReadOneByOne(text, [&](std::string_view& rest) { return TakeCall(syntax, rest, tools); });
}

}  // namespace

std::optional<ToolCalls> ReadQwenCalls(std::string_view text, const Value& tools) {
  return ReadTags({.call_open = "<function=",
                   .call_close = "</function>",
                   .parameter_open = "<parameter=",
                   .parameter_close = "</parameter>",
                   .name_end = {},
                   .lines = true},
                  text, tools);
}

std::optional<ToolCalls> ReadInvokeCalls(std::string_view text, const Value& tools) {
  return ReadTags({.call_open = "<invoke name=\"",
                   .call_close = "</invoke>",
                   .parameter_open = "<parameter name=\"",
                   .parameter_close = "</parameter>",
                   .name_end = "\""},
                  text, tools);
}

std::optional<ToolCalls> ReadDsmlCalls(std::string_view text, const Value& tools) {
  return ReadTags({.call_open = "<｜DSML｜invoke name=\"",
                   .call_close = "</｜DSML｜invoke>",
                   .parameter_open = "<｜DSML｜parameter name=\"",
                   .parameter_close = "</｜DSML｜parameter>",
                   .name_end = "\""},
                  text, tools);
}

std::optional<ToolCalls> ReadAtemCalls(std::string_view text, const Value& tools) {
  return ReadTags({.call_open = "<atem:invoke name=\"",
                   .call_close = "</atem:invoke>",
                   .parameter_open = "<atem:parameter name=\"",
                   .parameter_close = "</atem:parameter>",
                   .name_end = "\""},
                  text, tools);
}

std::optional<ToolCalls> ReadMiniCpmCalls(std::string_view text, const Value& tools) {
  return ReadTags({.call_open = "<function name=\"",
                   .call_close = "</function>",
                   .parameter_open = "<param name=\"",
                   .parameter_close = "</param>",
                   .name_end = "\""},
                  text, tools);
}

std::optional<ToolCalls> ReadKimiK3Calls(std::string_view text, const Value& tools) {
  return ReadTags({.call_open = "<|open|>call tool=\"",
                   .call_close = "<|close|>call<|sep|>",
                   .parameter_open = "<|open|>argument key=\"",
                   .parameter_close = "<|close|>argument<|sep|>",
                   .name_end = "\"",
                   .tag_end = "<|sep|>",
                   .json_open = "<|open|>json type=\"object\"<|sep|>",
                   .json_close = "<|close|>json<|sep|>"},
                  text, tools);
}

}  // namespace ingle
