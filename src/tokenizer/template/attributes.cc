#include "tokenizer/template/attributes.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "tokenizer/template/builtin.h"
#include "tokenizer/template/iterate.h"
#include "tokenizer/template/operators.h"
#include "tokenizer/template/print.h"
#include "tokenizer/template/text.h"

namespace ingle::jinja {
namespace {

// Methods that would change a value. They exist, but the sandbox makes them Undefined.
constexpr std::string_view kListChanges[] = {"append", "clear", "pop",    "reverse",
                                             "insert", "sort",  "extend", "remove"};
constexpr std::string_view kDictChanges[] = {"clear", "pop", "popitem", "setdefault", "update"};

template <size_t kCount>
bool IsAmong(const std::string_view (&names)[kCount], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool Changes(const Value& value, std::string_view name) {
  if (value.kind() == Value::Kind::kList) return IsAmong(kListChanges, name);
  return value.IsDict() && IsAmong(kDictChanges, name);
}

std::span<const Builtin> MethodsOf(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kString:
      return StringMethods();
    case Value::Kind::kList:
    case Value::Kind::kTuple:
      return SequenceMethods();
    case Value::Kind::kDict:
      return DictMethods();
    case Value::Kind::kBool:
    case Value::Kind::kInt:
    case Value::Kind::kFloat:
      return NumberMethods();
    default:
      return {};
  }
}

// The attributes of numbers that are no methods.
std::optional<Value> NumberPart(const Value& value, std::string_view name) {
  if (!AsNumber(value)) return std::nullopt;
  const std::optional<int64_t> integer = AsInteger(value);
  if (name == "real" || (integer && name == "numerator")) return Plus(value).value();
  if (name == "imag") return integer ? Value(0) : Value(0.0);
  if (integer && name == "denominator") return Value(1);
  return std::nullopt;
}

// nullopt where the value has no such attribute at all.
Result<std::optional<Value>> FindAttribute(Runtime& runtime, const Value& value,
                                           std::string_view name) {
  const bool internal = name.starts_with("__") && value.Find(name) == nullptr;
  if (internal || Changes(value, name)) {
    return Rep::Undefined(Cat("the attribute ", Quote(name), " of ", TypeName(value),
                              " is out of bounds for templates"));
  }
  if (value.kind() == Value::Kind::kObject) {
    Result<std::optional<Value>> found = value.object().Attribute(runtime, name);
    if (found && *found && name.starts_with('_')) {
      return Rep::Undefined(Cat("the attribute ", Quote(name), " is private"));
    }
    return found;
  }
  if (Rep::IsGroup(value) && (name == "grouper" || name == "list")) {
    return value.items()[name == "list" ? 1 : 0];
  }
  if (const std::optional<Value> part = NumberPart(value, name)) return *part;
  const Builtin* method = FindBuiltin(MethodsOf(value), name);
  if (method == nullptr) return std::nullopt;
  if (value.kind() == Value::Kind::kTuple && name == "copy") return std::nullopt;
  Result<Value> bound = runtime.Make<BoundBuiltin>(method, value);
  if (!bound) return Fail(bound.error());
  return std::move(*bound);
}

Value Missing(const Value& value, std::string_view name) {
  return Rep::Undefined(Cat(TypeName(value), " has no attribute ", Quote(name)));
}

// The element at an index that may count from the end.
Result<std::optional<Value>> ElementAt(Runtime& runtime, const Value& value, int64_t index) {
  if (value.IsString()) {
    if (Status work = runtime.StepBytes(value.text().size()); !work) return Fail(work.error());
  }
  const bool range = value.kind() == Value::Kind::kObject && value.object().is_sequence();
  if (!value.IsString() && !value.IsSequence() && !range) return std::nullopt;
  const int64_t length = *LengthOf(value);
  if (index < 0) index += length;
  if (index < 0 || index >= length) return std::nullopt;

  if (value.IsSequence()) return value.items()[static_cast<size_t>(index)];
  Result<Value> element = Value();
  if (range) {
    element = value.object().ItemAt(runtime, index);
  } else {
    std::string_view rest =
        std::string_view(value.text()).substr(OffsetOfChar(value.text(), index));
    element = runtime.String(std::string(TakeChar(rest)), Rep::IsMarkup(value));
  }
  if (!element) return Fail(element.error());
  return std::move(*element);
}

// value[key] in Python's own sense; nullopt where that raises.
Result<std::optional<Value>> FindItem(Runtime& runtime, const Value& value, const Value& key) {
  if (value.IsDict()) {
    if (key.IsString()) {
      if (Status work = runtime.StepBytes(key.text().size()); !work) return Fail(work.error());
    }
    const Value* found = Dict::CanBeKey(key) ? value.dict().Find(key) : nullptr;
    if (found == nullptr) return std::nullopt;
    return *found;
  }
  const std::optional<int64_t> index = AsInteger(key);
  if (!index) return std::nullopt;
  return ElementAt(runtime, value, *index);
}

}  // namespace

Result<Value> GetOnlyAttribute(Runtime& runtime, const Value& value, std::string_view name) {
  if (value.IsUndefined()) return Raise(Rep::UndefinedMessage(value));
  Result<std::optional<Value>> found = FindAttribute(runtime, value, name);
  if (!found) return Fail(found.error());
  return *found ? **found : Missing(value, name);
}

Result<Value> GetAttribute(Runtime& runtime, const Value& value, std::string_view name) {
  if (value.IsUndefined()) return Raise(Rep::UndefinedMessage(value));
  Result<std::optional<Value>> found = FindAttribute(runtime, value, name);
  if (!found) return Fail(found.error());
  if (*found) return std::move(**found);
  const Value* entry = value.Find(name);
  return entry != nullptr ? *entry : Missing(value, name);
}

Result<Value> GetItem(Runtime& runtime, const Value& value, const Value& key) {
  if (value.IsUndefined()) return Raise(Rep::UndefinedMessage(value));
  Result<std::optional<Value>> item = FindItem(runtime, value, key);
  if (!item) return Fail(item.error());
  if (*item) return std::move(**item);
  if (key.IsString()) {
    Result<std::optional<Value>> attribute = FindAttribute(runtime, value, key.text());
    if (!attribute) return Fail(attribute.error());
    return *attribute ? **attribute : Missing(value, key.text());
  }
  return Rep::Undefined(Cat(TypeName(value), " has no such element"));
}

}  // namespace ingle::jinja
