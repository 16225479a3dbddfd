// value.name and value[key], as the immutable sandbox lets a template see them.
#pragma once

#include <string_view>

#include "base/error.h"
#include "tokenizer/template/runtime.h"
#include "tokenizer/template/value.h"

namespace ingle::jinja {

// value.name: an attribute or method, else the entry under that key. What is missing, and what the
// sandbox forbids (names with an underscore first, methods that change a value), is Undefined.
Result<Value> GetAttribute(Runtime& runtime, const Value& value, std::string_view name);

// value[key]: the entry or element, else the attribute of that name.
Result<Value> GetItem(Runtime& runtime, const Value& value, const Value& key);

// An attribute alone, without falling back to entries: what |attr finds.
Result<Value> GetOnlyAttribute(Runtime& runtime, const Value& value, std::string_view name);

}  // namespace ingle::jinja
