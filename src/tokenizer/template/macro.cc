// {% macro %} and {% call %}.
#include <algorithm>
#include <optional>

#include "tokenizer/template/nodes.h"
#include "tokenizer/template/print.h"

namespace ingle::jinja {
namespace {

std::optional<Value> TakeNamed(CallArguments& arguments, std::string_view name) {
  const auto found = std::find_if(arguments.named.begin(), arguments.named.end(),
                                  [&](const auto& argument) { return argument.first == name; });
  if (found == arguments.named.end()) return std::nullopt;
  Value value = std::move(found->second);
  arguments.named.erase(found);
  return value;
}

// A macro with the scope that it was defined in, whose variables it sees as they are when called.
class Macro : public Object {
 public:
  Macro(const MacroSyntax& syntax, const Frame& frame)
      : syntax_(syntax), globals_(frame.globals), scope_(frame.scope) {}

  std::string_view type_name() const override { return "Macro"; }
  void Describe(TextSink& out, int depth) const override;
  bool callable() const override { return true; }
  Result<Value> Call(Runtime& runtime, const CallArguments& arguments) override;
  Result<std::optional<Value>> Attribute(Runtime& runtime, std::string_view name) override;

 private:
  Status Bind(Frame& frame, CallArguments arguments) const;
  Status BindSpecial(Frame& frame, CallArguments arguments, bool has_caller) const;

  const MacroSyntax& syntax_;
  const std::vector<Value>& globals_;
  std::shared_ptr<Scope> scope_;
};

void Macro::Describe(TextSink& out, int) const {
  out.Append("<Macro ");
  syntax_.name.empty() ? out.Append("anonymous") : AppendQuoted(syntax_.name, out);
  out.Append(">");
}

Result<std::optional<Value>> Macro::Attribute(Runtime&, std::string_view name) {
  if (name == "name") return syntax_.name.empty() ? Value() : Value(syntax_.name);
  if (name == "caller") return Value(syntax_.uses_caller);
  if (name == "catch_kwargs") return Value(syntax_.uses_kwargs);
  if (name == "catch_varargs") return Value(syntax_.uses_varargs);
  if (name != "arguments") return std::nullopt;
  ValueList names;
  for (const MacroSyntax::Parameter& parameter : syntax_.parameters) {
    names.push_back(Value(parameter.name));
  }
  return Rep::Sequence(std::move(names), true, {});
}

Result<Value> Macro::Call(Runtime& runtime, const CallArguments& arguments) {
  const CallLevel level(runtime);
  if (!level.allowed()) return Fail(runtime.NestsTooDeep());
  std::string text;
  {
    Capture capture(runtime);
    Frame frame = {runtime, globals_, std::make_shared<Scope>(scope_)};
    if (Status bound = Bind(frame, arguments); !bound) return Fail(bound.error());
    Result<Flow> flow = RunBody(syntax_.body, frame);
    if (!flow) return Fail(flow.error());
    text = capture.Take();
  }
  return runtime.String(std::move(text));
}

Status Macro::Bind(Frame& frame, CallArguments arguments) const {
  const std::vector<MacroSyntax::Parameter>& parameters = syntax_.parameters;
  const size_t by_position = std::min(parameters.size(), arguments.positional.size());
  bool has_caller = by_position == parameters.size() &&
                    std::any_of(parameters.begin(), parameters.end(),
                                [](const auto& parameter) { return parameter.name == "caller"; });
  for (size_t i = 0; i < by_position; ++i) {
    frame.scope->Set(parameters[i].id, std::move(arguments.positional[i]));
  }
  arguments.positional.erase(
      arguments.positional.begin(),
      arguments.positional.begin() + static_cast<std::ptrdiff_t>(by_position));
  std::vector<const MacroSyntax::Parameter*> missing;
  for (size_t i = by_position; i < parameters.size(); ++i) {
    has_caller |= parameters[i].name == "caller";
    if (std::optional<Value> value = TakeNamed(arguments, parameters[i].name)) {
      frame.scope->Set(parameters[i].id, std::move(*value));
    } else {
      missing.push_back(&parameters[i]);
    }
  }
  if (Status done = BindSpecial(frame, std::move(arguments), has_caller); !done) return done;

  // Defaults last: they may use the parameters before them.
  for (const MacroSyntax::Parameter* parameter : missing) {
    Result<Value> value =
        Rep::Undefined(Cat("the parameter ", Quote(parameter->name), " was not given"));
    if (parameter->missing != nullptr) value = parameter->missing->Of(frame);
    if (!value) return Fail(value.error());
    frame.scope->Set(parameter->id, std::move(*value));
  }
  return {};
}

// What is left over goes to caller, kwargs and varargs where the body mentions them.
Status Macro::BindSpecial(Frame& frame, CallArguments arguments, bool has_caller) const {
  if (syntax_.uses_caller && !has_caller) {
    const Value nobody = Rep::Undefined("no caller defined");
    frame.scope->Set(syntax_.caller_id, TakeNamed(arguments, "caller").value_or(nobody));
  }
  const auto is_parameter = [&](std::string_view name) {
    return std::any_of(syntax_.parameters.begin(), syntax_.parameters.end(),
                       [&](const auto& parameter) { return parameter.name == name; });
  };
  const std::string_view name = syntax_.name.empty() ? "caller" : std::string_view(syntax_.name);
  if (syntax_.uses_kwargs && !is_parameter("kwargs")) {
    Dict dict;
    for (auto& [key, value] : arguments.named) dict.Set(Value(key), std::move(value));
    Result<Value> kwargs = frame.runtime.Mapping(std::move(dict));
    if (!kwargs) return Fail(kwargs.error());
    frame.scope->Set(syntax_.kwargs_id, std::move(*kwargs));
  } else if (!arguments.named.empty()) {
    return Raise("the macro ", Quote(name), " takes no argument named ",
                 Quote(arguments.named[0].first));
  }
  if (syntax_.uses_varargs && !is_parameter("varargs")) {
    Result<Value> varargs = frame.runtime.Tuple(std::move(arguments.positional));
    if (!varargs) return Fail(varargs.error());
    frame.scope->Set(syntax_.varargs_id, std::move(*varargs));
  } else if (!arguments.positional.empty()) {
    return Raise("the macro ", Quote(name), " takes no more than ", syntax_.parameters.size(),
                 " arguments");
  }
  return {};
}

}  // namespace

Result<Flow> MacroNode::Execute(Frame& frame) const {
  Result<Value> value = frame.runtime.Make<Macro>(macro, frame);
  if (!value) return Fail(value.error());
  // The scope refers to the macro and the macro to the scope.
  if (!std::exchange(frame.scope->kept, true)) {
    if (Status kept = frame.runtime.Keep(frame.scope); !kept) return Fail(kept.error());
  }
  frame.scope->Set(id, std::move(*value));
  return Flow::kNext;
}

Result<Flow> CallBlockNode::Execute(Frame& frame) const {
  Result<Value> macro = frame.runtime.Make<Macro>(caller, frame);
  if (!macro) return Fail(macro.error());
  Result<Value> text = call->Call(frame, &*macro);
  if (!text) return Fail(text.error());
  if (Status done = frame.runtime.WriteStr(*text); !done) return Fail(done.error());
  return Flow::kNext;
}

}  // namespace ingle::jinja
