// Template text to a syntax tree.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "tokenizer/template/nodes.h"

namespace ingle::jinja {

// Fails with kCorrupt where Jinja2 would not compile the template, and kTooLarge where it nests
// beyond reason; the message names the line.
Result<std::shared_ptr<const TemplateProgram>> ParseTemplate(std::string source);

}  // namespace ingle::jinja
