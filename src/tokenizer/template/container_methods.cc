// The methods of dict, list, tuple and numbers that do not change them.
#include <algorithm>
#include <bit>
#include <cmath>

#include "tokenizer/template/builtin.h"
#include "tokenizer/template/operators.h"

namespace ingle::jinja {
namespace {

Result<Value> Get(Runtime& runtime, const Value& self, const Arguments& args) {
  if (!Dict::CanBeKey(args[0])) return Raise(TypeName(args[0]), " cannot be a key");
  if (args[0].IsString()) {
    if (Status work = runtime.StepBytes(args[0].text().size()); !work) return Fail(work.error());
  }
  const Value* found = self.dict().Find(args[0]);
  return found != nullptr ? *found : args.Or(1, Value());
}

template <DictView::Part kPart>
Result<Value> View(Runtime& runtime, const Value& self, const Arguments&) {
  return runtime.Make<DictView>(self, kPart);
}

Result<Value> Copy(Runtime&, const Value& self, const Arguments&) { return self; }

// The position of the first element that equals the argument, within start and end; -1 for none.
Result<Value> Index(Runtime& runtime, const Value& self, const Arguments& args) {
  const ValueList& items = self.items();
  const auto length = static_cast<int64_t>(items.size());
  Result<int64_t> start = args.Int(1, 0);
  Result<int64_t> end = args.Int(2, length);
  if (!start) return Fail(start.error());
  if (!end) return Fail(end.error());
  const auto from = *start < 0 ? std::max<int64_t>(0, *start + length) : *start;
  const auto to = std::min(*end < 0 ? *end + length : *end, length);
  for (int64_t i = from; i < to; ++i) {
    Result<bool> same = Equals(runtime, items[static_cast<size_t>(i)], args[0]);
    if (!same) return Fail(same.error());
    if (*same) return Value(i);
  }
  return Raise("the value is not in the ", TypeName(self));
}

Result<Value> Count(Runtime& runtime, const Value& self, const Arguments& args) {
  int64_t count = 0;
  for (const Value& item : self.items()) {
    Result<bool> same = Equals(runtime, item, args[0]);
    if (!same) return Fail(same.error());
    count += *same ? 1 : 0;
  }
  return Value(count);
}

Result<Value> IsInteger(Runtime&, const Value& self, const Arguments&) {
  if (self.kind() != Value::Kind::kFloat) return Raise("int has no is_integer()");
  const double number = self.float_value();
  return Value(std::isfinite(number) && std::trunc(number) == number);
}

Result<Value> BitLength(Runtime&, const Value& self, const Arguments&) {
  const std::optional<int64_t> integer = AsInteger(self);
  if (!integer) return Raise(TypeName(self), " has no bit_length()");
  const auto bits = static_cast<uint64_t>(*integer);
  return Value(static_cast<int64_t>(std::bit_width(*integer < 0 ? 0 - bits : bits)));
}

Result<Value> Conjugate(Runtime&, const Value& self, const Arguments&) { return self; }

constexpr Builtin kDictMethods[] = {
    {"get", "/ key default?", Get},
    {"items", "/", View<DictView::Part::kItems>},
    {"keys", "/", View<DictView::Part::kKeys>},
    {"values", "/", View<DictView::Part::kValues>},
    {"copy", "/", Copy},
};

constexpr Builtin kSequenceMethods[] = {
    {"index", "/ value start? stop?", Index},
    {"count", "/ value", Count},
    {"copy", "/", Copy},  // of lists alone; GetAttribute knows
};

constexpr Builtin kNumberMethods[] = {
    {"is_integer", "/", IsInteger},
    {"bit_length", "/", BitLength},
    {"conjugate", "/", Conjugate},
};

}  // namespace

std::span<const Builtin> DictMethods() { return kDictMethods; }
std::span<const Builtin> SequenceMethods() { return kSequenceMethods; }
std::span<const Builtin> NumberMethods() { return kNumberMethods; }

}  // namespace ingle::jinja
