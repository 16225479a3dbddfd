// Values as text, as Python's str() and repr() give it.
#pragma once

#include <string>

#include "base/error.h"
#include "tokenizer/template/runtime.h"
#include "tokenizer/template/text_sink.h"
#include "tokenizer/template/value.h"

namespace ingle::jinja {

// What {{ value }} prints. Undefined prints nothing.
void AppendStr(const Value& value, TextSink& out);

// depth: how many containers hold the value already; what nests too deep prints as "...".
void AppendRepr(const Value& value, TextSink& out, int depth = 0);

// 'text', with the quotes and escapes that repr() chooses.
void AppendQuoted(std::string_view text, TextSink& out);

// str(value) as a string of its own, counted against the runtime's memory.
Result<std::string> StrOf(Runtime& runtime, const Value& value);

// markupsafe.soft_str: the value itself where it is a string, else str(value).
Result<Value> SoftStr(Runtime& runtime, const Value& value);

}  // namespace ingle::jinja
