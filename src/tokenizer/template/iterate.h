// Going over values, and cutting pieces out of them.
#pragma once

#include <memory>
#include <optional>

#include "base/error.h"
#include "tokenizer/template/object.h"
#include "tokenizer/template/runtime.h"
#include "tokenizer/template/value.h"

namespace ingle::jinja {

// iter(value); null where the value cannot be iterated over.
std::shared_ptr<Iterator> IteratorOf(const Value& value);

// iter(value), or the error that Python raises.
Result<std::shared_ptr<Iterator>> Iterate(const Value& value);

// list(value)
Result<ValueList> Collect(Runtime& runtime, const Value& value);

// An iterator over items that it owns.
std::shared_ptr<Iterator> IteratorOver(ValueList items);

// len(value); nullopt where it has none.
std::optional<int64_t> LengthOf(const Value& value);

// The same as a value, counting the work; an error where it has none.
Result<Value> Length(Runtime& runtime, const Value& value);

// reversed(value) as a list; nullopt where Python cannot do it.
Result<std::optional<ValueList>> Reversed(Runtime& runtime, const Value& value);

// value[start:stop:step]; null stands for None.
Result<Value> SliceOf(Runtime& runtime, const Value& value, const Value& start, const Value& stop,
                      const Value& step);

}  // namespace ingle::jinja
