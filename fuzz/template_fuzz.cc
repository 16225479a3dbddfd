// Any bytes as a chat template for a fixed conversation, and as JSON.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "tokenizer/template/chat_template.h"

namespace {

using namespace ingle;

Value Conversation() {
  const Result<Value> variables = ParseJson(R"({
    "messages": [
      {"role": "system", "content": " Be kind. "},
      {"role": "user", "content": "naïve ✓ <b>\"'{{x}}"},
      {"role": "assistant", "content": null, "tool_calls": [
        {"id": "1", "type": "function", "function": {"name": "f", "arguments": {"a": [1, 2.5, true]}}}]},
      {"role": "tool", "content": "{\"t\": 21}", "tool_call_id": "1"}],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {
      "type": "object", "properties": {"a": {"type": "array"}}, "required": ["a"]}}}],
    "n": 7, "f": -2.5, "big": 123456789012345678901234567890, "yes": true,
    "add_generation_prompt": true, "bos_token": "<s>"})");
  if (!variables) __builtin_trap();
  return *variables;
}

void TryTemplate(std::string_view source) {
  const Result<ChatTemplate> parsed = ChatTemplate::Parse(std::string(source));
  if (!parsed) return;
  TemplateInput input;
  static const Value kConversation = Conversation();
  input.variables = kConversation;
  input.now = std::tm{};
  input.limits.steps = 20'000;
  input.limits.output_bytes = 1 << 16;
  input.limits.memory_bytes = 1 << 20;
  const Result<std::string> out = parsed->Render(input);
  if (out && (out->size() > input.limits.output_bytes || !IsValidUtf8(*out))) __builtin_trap();
}

// What has been written can be read again, and is then written the same.
void TryJson(std::string_view text) {
  const Result<Value> value = ParseJson(text);
  if (!value) return;
  const Result<std::string> written = ToJson(*value);
  if (!written) __builtin_trap();
  if (written->find("Infinity") != std::string::npos) return;  // Python's, no JSON
  const Result<Value> again = ParseJson(*written);
  if (!again || ToJson(*again).value_or("") != *written) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  TryTemplate(bytes);
  TryJson(bytes);
  return 0;
}
