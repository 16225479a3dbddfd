#include "tokenizer/template/operators.h"

#include <algorithm>
#include <cmath>

#include "tokenizer/template/iterate.h"
#include "tokenizer/template/number.h"
#include "tokenizer/template/text.h"

namespace ingle::jinja {
namespace {

struct OperatorNames {
  BinaryOp op;
  const char* sign;
};
constexpr OperatorNames kNames[] = {
    {BinaryOp::kAdd, "+"},    {BinaryOp::kSubtract, "-"},     {BinaryOp::kMultiply, "*"},
    {BinaryOp::kDivide, "/"}, {BinaryOp::kFloorDivide, "//"}, {BinaryOp::kModulo, "%"},
    {BinaryOp::kPower, "**"},
};

tl::unexpected<Error> NoSuchOperation(BinaryOp op, const Value& left, const Value& right) {
  const auto row = std::find_if(std::begin(kNames), std::end(kNames),
                                [&](const OperatorNames& names) { return names.op == op; });
  return Raise(row->sign, " does not work on ", TypeName(left), " and ", TypeName(right));
}

tl::unexpected<Error> Overflow() { return Raise("integer beyond 64 bits"); }

Result<Value> IntPower(int64_t base, int64_t exponent) {
  if (exponent < 0) {
    if (base == 0) return Raise("0 cannot be raised to a negative power");
    return Value(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
  }
  int64_t result = 1;
  while (exponent > 0) {
    if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result)) return Overflow();
    exponent >>= 1;
    if (exponent > 0 && __builtin_mul_overflow(base, base, &base)) return Overflow();
  }
  return Value(result);
}

Result<Value> IntCalculate(BinaryOp op, int64_t a, int64_t b) {
  int64_t result = 0;
  switch (op) {
    case BinaryOp::kAdd:
      if (__builtin_add_overflow(a, b, &result)) return Overflow();
      return Value(result);
    case BinaryOp::kSubtract:
      if (__builtin_sub_overflow(a, b, &result)) return Overflow();
      return Value(result);
    case BinaryOp::kMultiply:
      if (__builtin_mul_overflow(a, b, &result)) return Overflow();
      return Value(result);
    case BinaryOp::kPower:
      return IntPower(a, b);
    default:
      break;
  }
  if (b == 0) return Raise("division by zero");
  if (op == BinaryOp::kDivide) return Value(static_cast<double>(a) / static_cast<double>(b));
  if (b == -1) {  // INT64_MIN / -1 does not fit, nor does its remainder compute
    if (op == BinaryOp::kModulo) return Value(0);
    if (__builtin_sub_overflow(int64_t{0}, a, &result)) return Overflow();
    return Value(result);
  }
  // C++ rounds the quotient towards zero, Python down.
  const bool down = a % b != 0 && (a % b < 0) != (b < 0);
  if (op == BinaryOp::kFloorDivide) return Value(a / b - (down ? 1 : 0));
  return Value(a % b + (down ? b : 0));
}

Result<Value> FloatCalculate(BinaryOp op, double a, double b) {
  switch (op) {
    case BinaryOp::kAdd:
      return Value(a + b);
    case BinaryOp::kSubtract:
      return Value(a - b);
    case BinaryOp::kMultiply:
      return Value(a * b);
    case BinaryOp::kPower: {
      if (a == 0 && b < 0) return Raise("0.0 cannot be raised to a negative power");
      if (a < 0 && std::isfinite(b) && b != std::trunc(b)) {
        return Raise("a negative number to a fractional power is complex");
      }
      const double power = std::pow(a, b);
      if (std::isinf(power) && std::isfinite(a) && std::isfinite(b)) {
        return Raise("result of ** is too large");
      }
      return Value(power);
    }
    default:
      break;
  }
  if (b == 0) return Raise("float division by zero");
  if (op == BinaryOp::kDivide) return Value(a / b);
  double remainder = std::fmod(a, b);
  const bool down = remainder != 0 && (remainder < 0) != (b < 0);
  if (op == BinaryOp::kModulo) {
    if (down) remainder += b;
    return Value(remainder == 0 ? std::copysign(0.0, b) : remainder);
  }
  return Value(std::round((a - remainder) / b) - (down ? 1 : 0));
}

Result<Value> Concatenate(Runtime& runtime, const Value& left, const Value& right) {
  if (left.IsString() && right.IsString()) {
    const bool markup = Rep::IsMarkup(left) || Rep::IsMarkup(right);
    TextSink out = runtime.NewSink();
    for (const Value* part : {&left, &right}) {
      const bool escape = markup && !Rep::IsMarkup(*part);
      out.Append(escape ? EscapeHtml(part->text()) : part->text());
    }
    return runtime.String(std::move(out), markup);
  }
  if (left.kind() != right.kind() || !left.IsSequence()) {
    return NoSuchOperation(BinaryOp::kAdd, left, right);
  }
  const uint64_t count = left.items().size() + right.items().size();
  if (Status room = runtime.CheckRoom(count * sizeof(Value)); !room) return Fail(room.error());
  ValueList items = left.items();
  items.insert(items.end(), right.items().begin(), right.items().end());
  return left.kind() == Value::Kind::kTuple ? runtime.Tuple(std::move(items))
                                            : runtime.List(std::move(items));
}

Result<Value> Repeat(Runtime& runtime, const Value& value, int64_t times) {
  const auto count = static_cast<uint64_t>(std::max<int64_t>(times, 0));
  if (value.IsString()) {
    TextSink out = runtime.NewSink();
    out.Fill(count, value.text());
    return runtime.String(std::move(out), Rep::IsMarkup(value));
  }
  const ValueList& items = value.items();
  uint64_t bytes = 0;
  if (__builtin_mul_overflow(count, items.size() * sizeof(Value), &bytes)) bytes = UINT64_MAX;
  if (Status room = runtime.CheckRoom(bytes); !room) return Fail(room.error());
  ValueList repeated;
  repeated.reserve(bytes / sizeof(Value));
  for (uint64_t i = 0; i < count && !items.empty(); ++i) {
    repeated.insert(repeated.end(), items.begin(), items.end());
  }
  return value.kind() == Value::Kind::kTuple ? runtime.Tuple(std::move(repeated))
                                             : runtime.List(std::move(repeated));
}

bool Repeats(const Value& value) { return value.IsString() || value.IsSequence(); }

Result<bool> SameItems(Runtime& runtime, const ValueList& a, const ValueList& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    Result<bool> same = Equals(runtime, a[i], b[i]);
    if (!same || !*same) return same;
  }
  return true;
}

Result<bool> SameEntries(Runtime& runtime, const Dict& a, const Dict& b) {
  if (a.size() != b.size()) return false;
  for (const Dict::Entry& entry : a.entries()) {
    const Value* other = b.Find(entry.key);
    if (other == nullptr) return false;
    Result<bool> same = Equals(runtime, entry.value, *other);
    if (!same || !*same) return same;
  }
  return true;
}

bool IsNumber(const Value& value) {
  return AsNumber(value).has_value() || value.kind() == Value::Kind::kBigInt;
}

// long double holds every int64_t and every double exactly on x86 and where it has 128 bits.
long double Exact(const Value& value) {
  if (value.kind() == Value::Kind::kBigInt) return *ParsePythonFloat(value.text());
  if (const std::optional<int64_t> integer = AsInteger(value)) {
    return static_cast<long double>(*integer);
  }
  return value.float_value();
}

Result<bool> LessItems(Runtime& runtime, const ValueList& a, const ValueList& b) {
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    Result<bool> same = Equals(runtime, a[i], b[i]);
    if (!same) return same;
    if (!*same) return Less(runtime, a[i], b[i]);
  }
  return a.size() < b.size();
}

}  // namespace

bool Truth(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kUndefined:
    case Value::Kind::kNone:
      return false;
    case Value::Kind::kBool:
      return value.bool_value();
    case Value::Kind::kInt:
      return value.int_value() != 0;
    case Value::Kind::kBigInt:
      return true;
    case Value::Kind::kFloat:
      return value.float_value() != 0;
    case Value::Kind::kString:
      return !value.text().empty();
    case Value::Kind::kList:
    case Value::Kind::kTuple:
      return !value.items().empty();
    case Value::Kind::kDict:
      return value.dict().size() > 0;
    case Value::Kind::kObject:
      return value.object().truth();
  }
  return true;
}

std::optional<int64_t> AsInteger(const Value& value) {
  if (value.kind() == Value::Kind::kInt) return value.int_value();
  if (value.kind() == Value::Kind::kBool) return int64_t{value.bool_value()};
  return std::nullopt;
}

std::optional<double> AsNumber(const Value& value) {
  if (value.kind() == Value::Kind::kFloat) return value.float_value();
  const std::optional<int64_t> integer = AsInteger(value);
  if (!integer) return std::nullopt;
  return static_cast<double>(*integer);
}

Result<Value> Calculate(Runtime& runtime, BinaryOp op, const Value& left, const Value& right) {
  if (op == BinaryOp::kModulo && left.IsString()) return PercentFormat(runtime, left, right);
  for (const Value* operand : {&left, &right}) {
    if (operand->IsUndefined()) return Raise(Rep::UndefinedMessage(*operand));
  }
  const std::optional<int64_t> left_int = AsInteger(left);
  const std::optional<int64_t> right_int = AsInteger(right);
  if (left_int && right_int) return IntCalculate(op, *left_int, *right_int);
  const std::optional<double> left_number = AsNumber(left);
  const std::optional<double> right_number = AsNumber(right);
  if (left_number && right_number) return FloatCalculate(op, *left_number, *right_number);
  if (IsNumber(left) && IsNumber(right)) return Overflow();

  if (op == BinaryOp::kAdd) return Concatenate(runtime, left, right);
  if (op == BinaryOp::kMultiply) {
    if (Repeats(left) && right_int) return Repeat(runtime, left, *right_int);
    if (Repeats(right) && left_int) return Repeat(runtime, right, *left_int);
  }
  return NoSuchOperation(op, left, right);
}

Result<Value> Negate(const Value& value) {
  if (value.IsUndefined()) return Raise(Rep::UndefinedMessage(value));
  if (value.kind() == Value::Kind::kFloat) return Value(-value.float_value());
  const std::optional<int64_t> integer = AsInteger(value);
  if (!integer) return Raise("unary - does not work on ", TypeName(value));
  int64_t result = 0;
  if (__builtin_sub_overflow(int64_t{0}, *integer, &result)) return Overflow();
  return Value(result);
}

Result<Value> Plus(const Value& value) {
  if (value.IsUndefined()) return Raise(Rep::UndefinedMessage(value));
  if (value.kind() == Value::Kind::kFloat || value.kind() == Value::Kind::kBigInt) return value;
  const std::optional<int64_t> integer = AsInteger(value);
  if (!integer) return Raise("unary + does not work on ", TypeName(value));
  return Value(*integer);
}

Result<bool> Equals(Runtime& runtime, const Value& left, const Value& right) {
  if (Status step = runtime.Step(); !step) return Fail(step.error());
  if (IsNumber(left) && IsNumber(right)) {
    if (left.kind() == Value::Kind::kBigInt && right.kind() == Value::Kind::kBigInt) {
      return left.text() == right.text();
    }
    return Exact(left) == Exact(right);
  }
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Value::Kind::kString:
      if (left.text().size() != right.text().size()) return false;
      if (Status work = runtime.StepBytes(left.text().size()); !work) return Fail(work.error());
      return left.text() == right.text();
    case Value::Kind::kList:
    case Value::Kind::kTuple:
      return SameItems(runtime, left.items(), right.items());
    case Value::Kind::kDict:
      return SameEntries(runtime, left.dict(), right.dict());
    case Value::Kind::kObject:
      return Rep::Address(left) == Rep::Address(right);
    default:
      return true;  // None, Undefined
  }
}

Result<bool> Less(Runtime& runtime, const Value& left, const Value& right) {
  if (Status step = runtime.Step(); !step) return Fail(step.error());
  if (IsNumber(left) && IsNumber(right)) return Exact(left) < Exact(right);
  if (left.IsString() && right.IsString()) {
    if (Status work = runtime.StepBytes(left.text().size()); !work) return Fail(work.error());
    return left.text() < right.text();
  }
  if (left.kind() == right.kind() && left.IsSequence()) {
    return LessItems(runtime, left.items(), right.items());
  }
  for (const Value* operand : {&left, &right}) {
    if (operand->IsUndefined()) return Raise(Rep::UndefinedMessage(*operand));
  }
  return Raise("< does not work on ", TypeName(left), " and ", TypeName(right));
}

Result<bool> Contains(Runtime& runtime, const Value& container, const Value& item) {
  if (container.IsString()) {
    if (!item.IsString()) return Raise("in a str only a str can be found, not ", TypeName(item));
    const Status work = runtime.StepSearch(container.text().size(), item.text().size());
    if (!work) return Fail(work.error());
    return container.text().find(item.text()) != std::string::npos;
  }
  if (container.IsDict()) {
    if (!Dict::CanBeKey(item)) return Raise(TypeName(item), " cannot be a key");
    return container.dict().Find(item) != nullptr;
  }
  Result<std::shared_ptr<Iterator>> iterator = Iterate(container);
  if (!iterator) return Fail(iterator.error());
  while (true) {
    Result<std::optional<Value>> next = (*iterator)->Next(runtime);
    if (!next) return Fail(next.error());
    if (!*next) return false;
    Result<bool> same = Equals(runtime, **next, item);
    if (!same || *same) return same;
  }
}

Result<bool> Compare(Runtime& runtime, CompareOp op, const Value& left, const Value& right) {
  const auto negated = [](Result<bool> result) -> Result<bool> {
    if (!result) return result;
    return !*result;
  };
  // Ordered by two comparisons, because a NaN is neither less nor equal.
  const auto less_or_equal = [&](const Value& a, const Value& b) -> Result<bool> {
    Result<bool> less = Less(runtime, a, b);
    if (!less || *less) return less;
    return Equals(runtime, a, b);
  };
  switch (op) {
    case CompareOp::kEqual:
      return Equals(runtime, left, right);
    case CompareOp::kNotEqual:
      return negated(Equals(runtime, left, right));
    case CompareOp::kLess:
      return Less(runtime, left, right);
    case CompareOp::kGreater:
      return Less(runtime, right, left);
    case CompareOp::kLessEqual:
      return less_or_equal(left, right);
    case CompareOp::kGreaterEqual:
      return less_or_equal(right, left);
    case CompareOp::kIn:
      return Contains(runtime, right, left);
    case CompareOp::kNotIn:
      return negated(Contains(runtime, right, left));
  }
  return false;
}

}  // namespace ingle::jinja
