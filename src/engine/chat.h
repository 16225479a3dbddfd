// A conversation, laid out as a model's own chat template wants it.
#pragma once

#include <string>

#include "base/error.h"
#include "engine/engine.h"
#include "tokenizer/template/value.h"

namespace ingle {

// variables: a dict of what the template may read, "messages" first of all. bos_token and eos_token
// are the vocabulary's where it has no others. The result is to be encoded with
// EncodeOptions{.add_special = false, .parse_special = true}: the template writes BOS itself.
//
// Fails with kNotFound when the model has no template, with template_error() when that cannot be
// parsed, with kInvalidArgument for variables that are no dict, and as ChatTemplate::Render does.
Result<std::string> RenderChat(const Engine& engine, const Value& variables);

}  // namespace ingle
