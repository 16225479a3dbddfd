#include "tokenizer/template/object.h"

#include "tokenizer/template/print.h"
#include "tokenizer/template/runtime.h"

namespace ingle::jinja {

std::string_view TypeName(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kUndefined:
      return "Undefined";
    case Value::Kind::kNone:
      return "NoneType";
    case Value::Kind::kBool:
      return "bool";
    case Value::Kind::kInt:
    case Value::Kind::kBigInt:
      return "int";
    case Value::Kind::kFloat:
      return "float";
    case Value::Kind::kString:
      return Rep::IsMarkup(value) ? "Markup" : "str";
    case Value::Kind::kList:
      return "list";
    case Value::Kind::kTuple:
      return "tuple";
    case Value::Kind::kDict:
      return "dict";
    case Value::Kind::kObject:
      return value.object().type_name();
  }
  return "object";
}

void Object::Describe(TextSink& out, int) const {
  out.Append("<");
  out.Append(type_name());
  out.Append(" object>");
}

Result<Value> Object::Call(Runtime&, const CallArguments&) {
  return Raise(type_name(), " is not callable");
}

Result<std::optional<Value>> Object::Attribute(Runtime&, std::string_view) { return std::nullopt; }

Result<Value> Object::ItemAt(Runtime&, int64_t) const {
  return Raise(type_name(), " is not subscriptable");
}

void Namespace::Describe(TextSink& out, int depth) const {
  out.Append("<Namespace {");
  const char* separator = "";
  for (const Dict::Entry& entry : attributes_.entries()) {
    out.Append(std::exchange(separator, ", "));
    AppendRepr(entry.key, out, depth + 1);
    out.Append(": ");
    AppendRepr(entry.value, out, depth + 1);
    if (out.full()) return;
  }
  out.Append("}>");
}

Result<std::optional<Value>> Namespace::Attribute(Runtime&, std::string_view name) {
  const Value* value = attributes_.Find(name);
  if (value == nullptr) return std::nullopt;
  return *value;
}

void Range::Describe(TextSink& out, int) const {
  out.Append(Cat("range(", start_, ", ", stop_));
  if (step_ != 1) out.Append(Cat(", ", step_));
  out.Append(")");
}

Result<Value> Range::ItemAt(Runtime&, int64_t index) const { return Value(At(index)); }

std::string_view DictView::type_name() const {
  switch (part_) {
    case Part::kKeys:
      return "dict_keys";
    case Part::kValues:
      return "dict_values";
    default:
      return "dict_items";
  }
}

std::optional<int64_t> DictView::length() const {
  return static_cast<int64_t>(dict_.dict().size());
}

void DictView::Describe(TextSink& out, int depth) const {
  out.Append(type_name());
  out.Append("([");
  const char* separator = "";
  for (const Dict::Entry& entry : dict_.dict().entries()) {
    out.Append(std::exchange(separator, ", "));
    if (part_ == Part::kItems) out.Append("(");
    if (part_ != Part::kValues) AppendRepr(entry.key, out, depth + 1);
    if (part_ == Part::kItems) out.Append(", ");
    if (part_ != Part::kKeys) AppendRepr(entry.value, out, depth + 1);
    if (part_ == Part::kItems) out.Append(")");
    if (out.full()) return;
  }
  out.Append("])");
}

}  // namespace ingle::jinja
