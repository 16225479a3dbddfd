// Python's operators on values.
#pragma once

#include "base/error.h"
#include "tokenizer/template/runtime.h"
#include "tokenizer/template/value.h"

namespace ingle::jinja {

enum class BinaryOp { kAdd, kSubtract, kMultiply, kDivide, kFloorDivide, kModulo, kPower };
enum class CompareOp { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kIn, kNotIn };

// bool(value)
bool Truth(const Value& value);

// value as an index or a count: int and bool, nothing else.
std::optional<int64_t> AsInteger(const Value& value);

// int, bool or float as a float.
std::optional<double> AsNumber(const Value& value);

Result<Value> Calculate(Runtime& runtime, BinaryOp op, const Value& left, const Value& right);
Result<Value> Negate(const Value& value);
Result<Value> Plus(const Value& value);  // unary +

Result<bool> Compare(Runtime& runtime, CompareOp op, const Value& left, const Value& right);
Result<bool> Equals(Runtime& runtime, const Value& left, const Value& right);
Result<bool> Less(Runtime& runtime, const Value& left, const Value& right);
Result<bool> Contains(Runtime& runtime, const Value& container, const Value& item);

// text % values
Result<Value> PercentFormat(Runtime& runtime, const Value& text, const Value& values);

}  // namespace ingle::jinja
