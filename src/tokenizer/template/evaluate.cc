// What each expression is worth.
#include "tokenizer/template/attributes.h"
#include "tokenizer/template/iterate.h"
#include "tokenizer/template/nodes.h"
#include "tokenizer/template/print.h"

namespace ingle::jinja {
namespace {

Result<Value> OptionalOf(const ExpressionPtr& expression, Frame& frame) {
  return expression == nullptr ? Value() : expression->Of(frame);
}

}  // namespace

Value Lookup(const Frame& frame, NameId name) {
  const Value* variable = frame.scope->Find(name);
  return variable != nullptr ? *variable : frame.globals[static_cast<size_t>(name)];
}

Result<CallArguments> CallSyntax::Of(Frame& frame) const {
  CallArguments arguments;
  for (const ExpressionPtr& expression : positional) {
    Result<Value> value = expression->Of(frame);
    if (!value) return Fail(value.error());
    arguments.positional.push_back(std::move(*value));
  }
  if (more_positional != nullptr) {
    Result<Value> list = more_positional->Of(frame);
    if (!list) return Fail(list.error());
    Result<ValueList> items = Collect(frame.runtime, *list);
    if (!items) return Fail(items.error());
    for (Value& item : *items) arguments.positional.push_back(std::move(item));
  }
  for (const auto& [name, expression] : named) {
    Result<Value> value = expression->Of(frame);
    if (!value) return Fail(value.error());
    arguments.named.emplace_back(name, std::move(*value));
  }
  if (more_named == nullptr) return arguments;

  Result<Value> dict = more_named->Of(frame);
  if (!dict) return Fail(dict.error());
  if (!dict->IsDict()) return Raise("after ** there must be a dict, not ", TypeName(*dict));
  const size_t named_before = arguments.named.size();
  for (const Dict::Entry& entry : dict->dict().entries()) {
    if (Status step = frame.runtime.Step(); !step) return Fail(step.error());
    if (!entry.key.IsString()) return Raise("names of arguments must be str");
    for (size_t i = 0; i < named_before; ++i) {
      if (arguments.named[i].first == entry.key.text()) {
        return Raise("the argument ", Quote(entry.key.text()), " is given twice");
      }
    }
    arguments.named.emplace_back(entry.key.text(), entry.value);
  }
  return arguments;
}

Result<Value> SequenceNode::Evaluate(Frame& frame) const {
  ValueList values;
  for (const ExpressionPtr& item : items) {
    Result<Value> value = item->Of(frame);
    if (!value) return value;
    values.push_back(std::move(*value));
  }
  return tuple ? frame.runtime.Tuple(std::move(values)) : frame.runtime.List(std::move(values));
}

Result<Value> DictNode::Evaluate(Frame& frame) const {
  Dict dict;
  for (const auto& [key_node, value_node] : entries) {
    Result<Value> key = key_node->Of(frame);
    if (!key) return key;
    Result<Value> value = value_node->Of(frame);
    if (!value) return value;
    frame.runtime.line = line;
    if (!dict.Set(*key, std::move(*value))) return Raise(TypeName(*key), " cannot be a key");
  }
  return frame.runtime.Mapping(std::move(dict));
}

Result<Value> AttributeNode::Evaluate(Frame& frame) const {
  Result<Value> value = object->Of(frame);
  if (!value) return value;
  frame.runtime.line = line;
  return GetAttribute(frame.runtime, *value, name);
}

Result<Value> ItemNode::Evaluate(Frame& frame) const {
  Result<Value> value = object->Of(frame);
  if (!value) return value;
  Result<Value> at = key->Of(frame);
  if (!at) return at;
  frame.runtime.line = line;
  return GetItem(frame.runtime, *value, *at);
}

Result<Value> SliceNode::Evaluate(Frame& frame) const {
  Result<Value> value = object->Of(frame);
  if (!value) return value;
  Result<Value> from = OptionalOf(start, frame);
  if (!from) return from;
  Result<Value> to = OptionalOf(stop, frame);
  if (!to) return to;
  Result<Value> by = OptionalOf(step, frame);
  if (!by) return by;
  frame.runtime.line = line;
  return SliceOf(frame.runtime, *value, *from, *to, *by);
}

Result<Value> CallNode::Call(Frame& frame, const Value* caller) const {
  Result<Value> function = callee->Of(frame);
  if (!function) return function;
  Result<CallArguments> values = arguments.Of(frame);
  if (!values) return Fail(values.error());
  if (caller != nullptr) values->named.emplace_back("caller", *caller);
  frame.runtime.line = line;
  if (function->IsUndefined()) return Raise(Rep::UndefinedMessage(*function));
  if (function->kind() != Value::Kind::kObject) {
    return Raise(TypeName(*function), " is not callable");
  }
  return function->object().Call(frame.runtime, *values);
}

Result<Value> BuiltinNode::Evaluate(Frame& frame) const {
  Result<Value> value = input->Of(frame);
  if (!value) return value;
  return Apply(frame, *value);
}

Result<Value> BuiltinNode::Apply(Frame& frame, const Value& value) const {
  Result<CallArguments> given = arguments.Of(frame);
  if (!given) return Fail(given.error());
  frame.runtime.line = line;
  if (row == nullptr) return Raise("no ", test ? "test" : "filter", " named ", Quote(name));
  return CallBuiltin(frame.runtime, *row, value, *given);
}

Result<Value> UnaryNode::Evaluate(Frame& frame) const {
  Result<Value> value = operand->Of(frame);
  if (!value) return value;
  frame.runtime.line = line;
  if (op == Op::kNot) return Value(!Truth(*value));
  return op == Op::kNegate ? Negate(*value) : Plus(*value);
}

Result<Value> BinaryNode::Evaluate(Frame& frame) const {
  Result<Value> a = left->Of(frame);
  if (!a) return a;
  Result<Value> b = right->Of(frame);
  if (!b) return b;
  frame.runtime.line = line;
  return Calculate(frame.runtime, op, *a, *b);
}

Result<Value> ConcatNode::Evaluate(Frame& frame) const {
  ValueList values;
  for (const ExpressionPtr& part : parts) {
    Result<Value> value = part->Of(frame);
    if (!value) return value;
    values.push_back(std::move(*value));
  }
  frame.runtime.line = line;
  TextSink out = frame.runtime.NewSink();
  for (const Value& value : values) AppendStr(value, out);
  return frame.runtime.String(std::move(out));
}

Result<Value> CompareNode::Evaluate(Frame& frame) const {
  Result<Value> left = first->Of(frame);
  if (!left) return left;
  for (const auto& [op, operand] : rest) {
    Result<Value> right = operand->Of(frame);
    if (!right) return right;
    frame.runtime.line = line;
    Result<bool> holds = Compare(frame.runtime, op, *left, *right);
    if (!holds) return Fail(holds.error());
    if (!*holds) return Value(false);
    left = std::move(right);
  }
  return Value(true);
}

Result<Value> LogicNode::Evaluate(Frame& frame) const {
  Result<Value> value = left->Of(frame);
  if (!value || Truth(*value) != is_and) return value;
  return right->Of(frame);
}

Result<Value> ConditionalNode::Evaluate(Frame& frame) const {
  Result<Value> value = condition->Of(frame);
  if (!value) return value;
  if (Truth(*value)) return then->Of(frame);
  if (otherwise != nullptr) return otherwise->Of(frame);
  return Rep::Undefined("the inline if was false and has no else");
}

}  // namespace ingle::jinja
