// What each statement does; loops and macros have files of their own.
#include <memory>
#include <optional>
#include <utility>

#include "tokenizer/template/iterate.h"
#include "tokenizer/template/nodes.h"

namespace ingle::jinja {
namespace {

Status Print(const ExpressionPtr& expression, Frame& frame) {
  Result<Value> value = expression->Of(frame);
  if (!value) return Fail(value.error());
  return frame.runtime.WriteStr(*value);
}

// What a body writes, through the filters after {% filter %} or {% set x %}. nullopt where the body
// was left by break or continue, and flow tells by which.
Result<std::optional<Value>> FilteredText(
    const Body& body, const std::vector<std::unique_ptr<const BuiltinNode>>& filters, Frame& frame,
    Flow* flow) {
  std::string text;
  {
    Capture capture(frame.runtime);
    Result<Flow> left = RunBody(body, frame);
    if (!left) return Fail(left.error());
    *flow = *left;
    text = capture.Take();
  }
  if (*flow != Flow::kNext) return std::nullopt;
  Result<Value> value = frame.runtime.String(std::move(text));
  for (const auto& filter : filters) {
    if (value) value = filter->Apply(frame, *value);
  }
  if (!value) return Fail(value.error());
  return std::move(*value);
}

}  // namespace

Result<Flow> RunBody(const Body& body, Frame& frame) {
  for (const StatementPtr& statement : body) {
    Result<Flow> flow = statement->Run(frame);
    if (!flow || *flow != Flow::kNext) return flow;
  }
  return Flow::kNext;
}

Status Target::Check(Frame& frame) const {
  for (const Target& part : parts) {
    if (Status done = part.Check(frame); !done) return done;
  }
  if (kind != Kind::kAttribute) return {};
  const Value object = Lookup(frame, name);
  const bool space = object.kind() == Value::Kind::kObject &&
                     dynamic_cast<Namespace*>(&object.object()) != nullptr;
  if (space) return {};
  return Raise("cannot set the attribute ", Quote(attribute), " of what is no namespace");
}

Status Target::Assign(Frame& frame, const Value& value) const {
  if (kind == Kind::kName) {
    frame.scope->Set(name, value);
    return {};
  }
  if (kind == Kind::kAttribute) {
    if (Status done = Check(frame); !done) return done;
    static_cast<Namespace&>(Lookup(frame, name).object()).Set(attribute, value);
    return {};
  }
  Result<ValueList> items = Collect(frame.runtime, value);
  if (!items) return Fail(items.error());
  if (items->size() != parts.size()) {
    return Raise("cannot unpack ", items->size(), " values into ", parts.size());
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    if (Status done = parts[i].Assign(frame, (*items)[i]); !done) return done;
  }
  return {};
}

Result<Flow> DataNode::Execute(Frame& frame) const {
  if (Status done = frame.runtime.Write(text); !done) return Fail(done.error());
  return Flow::kNext;
}

Result<Flow> PrintNode::Execute(Frame& frame) const {
  if (Status done = Print(value, frame); !done) return Fail(done.error());
  return Flow::kNext;
}

Result<Flow> PrintTagNode::Execute(Frame& frame) const {
  for (const ExpressionPtr& value : values) {
    if (Status done = Print(value, frame); !done) return Fail(done.error());
  }
  return Flow::kNext;
}

Result<Flow> IfNode::Execute(Frame& frame) const {
  for (const auto& [condition, body] : branches) {
    Result<Value> value = condition->Of(frame);
    if (!value) return Fail(value.error());
    if (Truth(*value)) return RunBody(body, frame);
  }
  return RunBody(otherwise, frame);
}

Result<Flow> SetNode::Execute(Frame& frame) const {
  if (Status done = target.Check(frame); !done) return Fail(done.error());
  Result<Value> result = value->Of(frame);
  if (!result) return Fail(result.error());
  frame.runtime.line = line;
  if (Status done = target.Assign(frame, *result); !done) return Fail(done.error());
  return Flow::kNext;
}

Result<Flow> SetBlockNode::Execute(Frame& frame) const {
  Frame inner = frame.Inner();
  Flow flow = Flow::kNext;
  Result<std::optional<Value>> value = FilteredText(body, filters, inner, &flow);
  if (!value) return Fail(value.error());
  if (!*value) return flow;
  if (Status done = target.Assign(frame, **value); !done) return Fail(done.error());
  return Flow::kNext;
}

Result<Flow> FilterBlockNode::Execute(Frame& frame) const {
  Frame inner = frame.Inner();
  Flow flow = Flow::kNext;
  Result<std::optional<Value>> value = FilteredText(body, filters, inner, &flow);
  if (!value) return Fail(value.error());
  if (!*value) return flow;
  if (Status done = frame.runtime.WriteStr(**value); !done) return Fail(done.error());
  return Flow::kNext;
}

Result<Flow> WithNode::Execute(Frame& frame) const {
  Frame inner = frame.Inner();
  for (const auto& [target, expression] : variables) {
    Result<Value> value = expression->Of(frame);
    if (!value) return Fail(value.error());
    if (Status done = target.Assign(inner, *value); !done) return Fail(done.error());
  }
  return RunBody(body, inner);
}

Result<Flow> BlockNode::Execute(Frame& frame) const {
  std::shared_ptr<Scope> top = frame.scope;
  while (top->parent() != nullptr) top = top->parent();
  Frame inner = {frame.runtime, frame.globals, std::make_shared<Scope>(top)};
  return RunBody(body, inner);
}

Result<Flow> GenerationNode::Execute(Frame& frame) const {
  Frame inner = frame.Inner();
  return RunBody(body, inner);
}

Result<Flow> LoaderNode::Execute(Frame&) const {
  return Raise("{% ", tag, " %} needs other templates, which a chat template does not have");
}

}  // namespace ingle::jinja
