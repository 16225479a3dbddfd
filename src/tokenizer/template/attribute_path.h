// The attribute="a.b.0" argument that many filters take.
#pragma once

#include <vector>

#include "base/error.h"
#include "tokenizer/template/arguments.h"
#include "tokenizer/template/runtime.h"
#include "tokenizer/template/value.h"

namespace ingle::jinja {

// Steps from an item to what is wanted of it; none at all means the item itself.
class AttributePath {
 public:
  AttributePath() = default;
  // A string is cut at its dots, its numbers are indices; any other value is one step. None: no
  // step.
  explicit AttributePath(const Value& attribute);

  // What the steps lead to. A step that finds nothing gives missing instead, where it is not None.
  Result<Value> Of(Runtime& runtime, Value item, const Value& missing = Value()) const;

  int depth() const;

 private:
  ValueList steps_;
};

// Text in lower case, for comparing; other values as they are.
Result<Value> IgnoreCase(Runtime& runtime, const Value& value);

}  // namespace ingle::jinja
