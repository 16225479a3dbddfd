// What may stand after "is".
#include "tokenizer/template/builtin.h"
#include "tokenizer/template/iterate.h"
#include "tokenizer/template/operators.h"
#include "tokenizer/template/print.h"
#include "tokenizer/template/text.h"

namespace ingle::jinja {
namespace {

using Kind = Value::Kind;

template <Kind... kKinds>
Result<Value> IsKind(Runtime&, const Value& value, const Arguments&) {
  return Value(((value.kind() == kKinds) || ...));
}

Result<Value> Defined(Runtime&, const Value& value, const Arguments&) {
  return Value(!value.IsUndefined());
}

template <bool kWanted>
Result<Value> IsBool(Runtime&, const Value& value, const Arguments&) {
  return Value(value.kind() == Kind::kBool && value.bool_value() == kWanted);
}

Result<Value> Iterable(Runtime&, const Value& value, const Arguments&) {
  return Value(IteratorOf(value) != nullptr);
}

Result<Value> Sequence(Runtime&, const Value& value, const Arguments&) {
  const bool object = value.kind() == Kind::kObject;
  return Value(object ? value.object().is_sequence() : LengthOf(value).has_value());
}

Result<Value> Callable(Runtime&, const Value& value, const Arguments&) {
  const bool object = value.kind() == Kind::kObject;
  return Value(value.IsUndefined() || (object && value.object().callable()));
}

Result<Value> Modulo(Runtime& runtime, const Value& value, const Value& divisor,
                     int64_t remainder) {
  Result<Value> rest = Calculate(runtime, BinaryOp::kModulo, value, divisor);
  if (!rest) return rest;
  Result<bool> same = Equals(runtime, *rest, Value(remainder));
  if (!same) return Fail(same.error());
  return Value(*same);
}

Result<Value> Odd(Runtime& runtime, const Value& value, const Arguments&) {
  return Modulo(runtime, value, Value(2), 1);
}

Result<Value> Even(Runtime& runtime, const Value& value, const Arguments&) {
  return Modulo(runtime, value, Value(2), 0);
}

Result<Value> DivisibleBy(Runtime& runtime, const Value& value, const Arguments& args) {
  return Modulo(runtime, value, args[0], 0);
}

// The text of any value has the case.
template <CharClass kCase>
Result<Value> HasCase(Runtime& runtime, const Value& value, const Arguments&) {
  Result<std::string> text = StrOf(runtime, value);
  if (!text) return Fail(text.error());
  const uint32_t others = (kCharUpper | kCharLower | kCharTitle) & ~kCase;
  bool found = false;
  for (std::string_view rest = *text; !rest.empty();) {
    const uint32_t classes = ClassOf(CodeOf(TakeChar(rest)));
    if ((classes & others) != 0) return Value(false);
    found |= (classes & kCase) != 0;
  }
  return Value(found);
}

Result<Value> SameAs(Runtime& runtime, const Value& value, const Arguments& args) {
  const Value& other = args[0];
  if (value.kind() != other.kind()) return Value(false);
  const void* address = Rep::Address(value);
  if (address != nullptr && address == Rep::Address(other)) return Value(true);
  // Python keeps one object for each of these, as it does for short strings that look like names.
  const bool single = value.IsNone() || value.kind() == Kind::kBool || value.kind() == Kind::kInt ||
                      value.IsString();
  if (!single) return Value(false);
  Result<bool> same = Equals(runtime, value, other);
  if (!same) return Fail(same.error());
  return Value(*same);
}

Result<Value> Escaped(Runtime&, const Value& value, const Arguments&) {
  return Value(Rep::IsMarkup(value));
}

Result<Value> In(Runtime& runtime, const Value& value, const Arguments& args) {
  Result<bool> found = Contains(runtime, args[0], value);
  if (!found) return Fail(found.error());
  return Value(*found);
}

template <CompareOp kOp>
Result<Value> Compared(Runtime& runtime, const Value& value, const Arguments& args) {
  Result<bool> result = Compare(runtime, kOp, value, args[0]);
  if (!result) return Fail(result.error());
  return Value(*result);
}

Result<Value> IsFilter(Runtime&, const Value& value, const Arguments&) {
  return Value(value.IsString() && FindFilter(value.text()) != nullptr);
}

Result<Value> IsTest(Runtime&, const Value& value, const Arguments&) {
  return Value(value.IsString() && FindTest(value.text()) != nullptr);
}

constexpr Builtin kTests[] = {
    {"defined", "", Defined},
    {"undefined", "", IsKind<Kind::kUndefined>},
    {"none", "", IsKind<Kind::kNone>},
    {"boolean", "", IsKind<Kind::kBool>},
    {"true", "", IsBool<true>},
    {"false", "", IsBool<false>},
    {"integer", "", IsKind<Kind::kInt, Kind::kBigInt>},
    {"float", "", IsKind<Kind::kFloat>},
    {"number", "", IsKind<Kind::kInt, Kind::kBigInt, Kind::kFloat, Kind::kBool>},
    {"string", "", IsKind<Kind::kString>},
    {"mapping", "", IsKind<Kind::kDict>},
    {"iterable", "", Iterable},
    {"sequence", "", Sequence},
    {"callable", "", Callable},
    {"odd", "", Odd},
    {"even", "", Even},
    {"divisibleby", "num", DivisibleBy},
    {"lower", "", HasCase<kCharLower>},
    {"upper", "", HasCase<kCharUpper>},
    {"sameas", "other", SameAs},
    {"escaped", "", Escaped},
    {"in", "seq", In},
    {"filter", "", IsFilter},
    {"test", "", IsTest},
    {"eq", "/ other", Compared<CompareOp::kEqual>},
    {"equalto", "/ other", Compared<CompareOp::kEqual>},
    {"==", "/ other", Compared<CompareOp::kEqual>},
    {"ne", "/ other", Compared<CompareOp::kNotEqual>},
    {"!=", "/ other", Compared<CompareOp::kNotEqual>},
    {"lt", "/ other", Compared<CompareOp::kLess>},
    {"lessthan", "/ other", Compared<CompareOp::kLess>},
    {"<", "/ other", Compared<CompareOp::kLess>},
    {"le", "/ other", Compared<CompareOp::kLessEqual>},
    {"<=", "/ other", Compared<CompareOp::kLessEqual>},
    {"gt", "/ other", Compared<CompareOp::kGreater>},
    {"greaterthan", "/ other", Compared<CompareOp::kGreater>},
    {">", "/ other", Compared<CompareOp::kGreater>},
    {"ge", "/ other", Compared<CompareOp::kGreaterEqual>},
    {">=", "/ other", Compared<CompareOp::kGreaterEqual>},
};

}  // namespace

std::span<const Builtin> Tests() { return kTests; }

}  // namespace ingle::jinja
