// Chat templates: the Jinja2 programs that model files carry to lay a conversation out as a prompt.
//
// What runs is Jinja2 3.1 as Hugging Face sets it up (transformers, utils/chat_template_utils.py):
// the immutable sandbox, trim_blocks, lstrip_blocks, break and continue, {% generation %}, tojson
// without HTML escaping, raise_exception, strftime_now. Templates are code from strangers, so a
// render is bounded in steps, output, memory and recursion, and it can reach nothing outside.
// docs/formats/chat_template.md lists the language.
#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "tokenizer/template/value.h"

namespace ingle {

namespace jinja {
struct TemplateProgram;
}  // namespace jinja

struct TemplateLimits {
  uint64_t steps = 10'000'000;  // nodes evaluated and elements visited
  uint64_t output_bytes = uint64_t{64} << 20;
  uint64_t memory_bytes = uint64_t{256} << 20;  // of values alive at one time
  int recursion = 100;                          // macros and recursive loops inside each other
};

struct TemplateInput {
  // A dict of all that the template may read: messages, tools, add_generation_prompt, bos_token,
  // eos_token, enable_thinking ... As in transformers, tools and documents are None where they are
  // missing, and add_generation_prompt is False.
  jinja::Value variables;

  // What strftime_now() tells: local time. The clock of this machine when empty.
  std::optional<std::tm> now;

  TemplateLimits limits;
};

// Thread safety: immutable, so any number of threads may render at once. Copies share the program.
class ChatTemplate {
 public:
  // Fails with kCorrupt on a syntax error and kUnsupported on Jinja that chat templates cannot use
  // (include, import, extends, block); the message names the line.
  static Result<ChatTemplate> Parse(std::string source);

  // Fails with kInvalidArgument where Jinja2 would raise, raise_exception() included, and with
  // kTooLarge at a limit; the message names the line.
  Result<std::string> Render(const TemplateInput& input) const;

  const std::string& source() const;

 private:
  explicit ChatTemplate(std::shared_ptr<const jinja::TemplateProgram> program);

  std::shared_ptr<const jinja::TemplateProgram> program_;
};

}  // namespace ingle
