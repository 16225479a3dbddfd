// The syntax tree of a template. Each node knows how to do itself: expressions in evaluate.cc,
// statements in execute.cc, loops in loop.cc, macros in macro.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "tokenizer/template/builtin.h"
#include "tokenizer/template/operators.h"
#include "tokenizer/template/runtime.h"
#include "tokenizer/template/scope.h"
#include "tokenizer/template/value.h"

namespace ingle::jinja {

// What a node works with: the render, and where variables are.
struct Frame {
  Runtime& runtime;
  const std::vector<Value>& globals;  // by NameId: the input's variables and Jinja's own
  std::shared_ptr<Scope> scope;

  Frame Inner() const { return {runtime, globals, std::make_shared<Scope>(scope)}; }
};

// Immutable once parsed; nodes are evaluated by many threads at once.
struct Expression {
  explicit Expression(int at_line) : line(at_line) {}
  virtual ~Expression() = default;

  // Evaluate, within the limit of nesting.
  Result<Value> Of(Frame& frame) const {
    const Nesting nesting(frame.runtime);
    if (!nesting.allowed()) return Fail(frame.runtime.NestsTooDeep());
    if (Status step = frame.runtime.Step(); !step) return Fail(step.error());
    return Evaluate(frame);
  }

  int line;

 protected:
  virtual Result<Value> Evaluate(Frame& frame) const = 0;
};
using ExpressionPtr = std::unique_ptr<const Expression>;

// How a statement leaves its body.
enum class Flow { kNext, kBreak, kContinue };

struct Statement {
  explicit Statement(int at_line) : line(at_line) {}
  virtual ~Statement() = default;

  Result<Flow> Run(Frame& frame) const {
    const Nesting nesting(frame.runtime);
    if (!nesting.allowed()) return Fail(frame.runtime.NestsTooDeep());
    frame.runtime.line = line;
    if (Status step = frame.runtime.Step(); !step) return Fail(step.error());
    return Execute(frame);
  }

  int line;

 protected:
  virtual Result<Flow> Execute(Frame& frame) const = 0;
};
using StatementPtr = std::unique_ptr<const Statement>;
using Body = std::vector<StatementPtr>;

// Runs the statements in turn, until one breaks out.
Result<Flow> RunBody(const Body& body, Frame& frame);

// (a, *b, c=1, **d)
struct CallSyntax {
  std::vector<ExpressionPtr> positional;
  std::vector<std::pair<std::string, ExpressionPtr>> named;
  ExpressionPtr more_positional;
  ExpressionPtr more_named;

  Result<CallArguments> Of(Frame& frame) const;
};

// What can stand left of "=" and after "for".
struct Target {
  enum class Kind { kName, kAttribute, kTuple };
  Kind kind;
  NameId name = 0;        // kName; kAttribute: of the namespace
  std::string attribute;  // kAttribute
  std::vector<Target> parts;

  Status Assign(Frame& frame, const Value& value) const;
  // Fails where an attribute is to be set on what is no namespace.
  Status Check(Frame& frame) const;
};

// The value of a variable; Undefined where there is none.
Value Lookup(const Frame& frame, NameId name);

struct LiteralNode : Expression {
  LiteralNode(int at, Value v) : Expression(at), value(std::move(v)) {}
  Result<Value> Evaluate(Frame&) const override { return value; }
  Value value;
};

struct NameNode : Expression {
  NameNode(int at, NameId id) : Expression(at), name(id) {}
  Result<Value> Evaluate(Frame& frame) const override { return Lookup(frame, name); }
  NameId name;
};

struct SequenceNode : Expression {
  using Expression::Expression;
  Result<Value> Evaluate(Frame& frame) const override;
  std::vector<ExpressionPtr> items;
  bool tuple = false;
};

struct DictNode : Expression {
  using Expression::Expression;
  Result<Value> Evaluate(Frame& frame) const override;
  std::vector<std::pair<ExpressionPtr, ExpressionPtr>> entries;
};

struct AttributeNode : Expression {
  using Expression::Expression;
  Result<Value> Evaluate(Frame& frame) const override;
  ExpressionPtr object;
  std::string name;
};

struct ItemNode : Expression {
  using Expression::Expression;
  Result<Value> Evaluate(Frame& frame) const override;
  ExpressionPtr object;
  ExpressionPtr key;
};

struct SliceNode : Expression {
  using Expression::Expression;
  Result<Value> Evaluate(Frame& frame) const override;
  ExpressionPtr object;
  ExpressionPtr start;  // each of the three may be null
  ExpressionPtr stop;
  ExpressionPtr step;
};

struct CallNode : Expression {
  using Expression::Expression;
  Result<Value> Evaluate(Frame& frame) const override { return Call(frame, nullptr); }
  // caller: what {% call %} passes on; null without.
  Result<Value> Call(Frame& frame, const Value* caller) const;
  ExpressionPtr callee;
  CallSyntax arguments;
};

// input | name(arguments), and input is name(arguments)
struct BuiltinNode : Expression {
  using Expression::Expression;
  Result<Value> Evaluate(Frame& frame) const override;
  Result<Value> Apply(Frame& frame, const Value& value) const;
  ExpressionPtr input;  // null in {% filter %} and {% set %}: the text of the body
  std::string name;
  bool test = false;
  const Builtin* row = nullptr;  // null where there is none of that name: an error when reached
  CallSyntax arguments;
};

struct UnaryNode : Expression {
  using Expression::Expression;
  enum class Op { kNot, kNegate, kPlus };
  Result<Value> Evaluate(Frame& frame) const override;
  Op op = Op::kNot;
  ExpressionPtr operand;
};

struct BinaryNode : Expression {
  using Expression::Expression;
  Result<Value> Evaluate(Frame& frame) const override;
  BinaryOp op = BinaryOp::kAdd;
  ExpressionPtr left;
  ExpressionPtr right;
};

struct ConcatNode : Expression {
  using Expression::Expression;
  Result<Value> Evaluate(Frame& frame) const override;
  std::vector<ExpressionPtr> parts;
};

// a < b <= c: each operand is evaluated once, and none after the first comparison that fails.
struct CompareNode : Expression {
  using Expression::Expression;
  Result<Value> Evaluate(Frame& frame) const override;
  ExpressionPtr first;
  std::vector<std::pair<CompareOp, ExpressionPtr>> rest;
};

// left and right, left or right: the value that decided.
struct LogicNode : Expression {
  using Expression::Expression;
  Result<Value> Evaluate(Frame& frame) const override;
  bool is_and = true;
  ExpressionPtr left;
  ExpressionPtr right;
};

struct ConditionalNode : Expression {
  using Expression::Expression;
  Result<Value> Evaluate(Frame& frame) const override;
  ExpressionPtr condition;
  ExpressionPtr then;
  ExpressionPtr otherwise;  // null: Undefined
};

struct DataNode : Statement {
  DataNode(int at, std::string data) : Statement(at), text(std::move(data)) {}
  Result<Flow> Execute(Frame& frame) const override;
  std::string text;
};

struct PrintNode : Statement {
  using Statement::Statement;
  Result<Flow> Execute(Frame& frame) const override;
  ExpressionPtr value;
};

// {% print a, b %}
struct PrintTagNode : Statement {
  using Statement::Statement;
  Result<Flow> Execute(Frame& frame) const override;
  std::vector<ExpressionPtr> values;
};

struct IfNode : Statement {
  using Statement::Statement;
  Result<Flow> Execute(Frame& frame) const override;
  std::vector<std::pair<ExpressionPtr, Body>> branches;
  Body otherwise;
};

struct ForNode : Statement {
  using Statement::Statement;
  Result<Flow> Execute(Frame& frame) const override;
  // One pass over value.
  Result<Flow> Loop(Frame& frame, const Value& value, int64_t depth) const;
  Target target;
  ExpressionPtr iterable;
  ExpressionPtr condition;  // may be null
  bool recursive = false;
  Body body;
  Body otherwise;
  NameId loop_name = 0;
};

struct LoopControlNode : Statement {
  LoopControlNode(int at, Flow leaves) : Statement(at), flow(leaves) {}
  Result<Flow> Execute(Frame&) const override { return flow; }
  Flow flow;
};

struct SetNode : Statement {
  using Statement::Statement;
  Result<Flow> Execute(Frame& frame) const override;
  Target target;
  ExpressionPtr value;
};

struct SetBlockNode : Statement {
  using Statement::Statement;
  Result<Flow> Execute(Frame& frame) const override;
  Target target;
  std::vector<std::unique_ptr<const BuiltinNode>> filters;
  Body body;
};

struct FilterBlockNode : Statement {
  using Statement::Statement;
  Result<Flow> Execute(Frame& frame) const override;
  std::vector<std::unique_ptr<const BuiltinNode>> filters;
  Body body;
};

struct WithNode : Statement {
  using Statement::Statement;
  Result<Flow> Execute(Frame& frame) const override;
  std::vector<std::pair<Target, ExpressionPtr>> variables;
  Body body;
};

// {% block %}: without inheritance, a body that sees the top level only.
struct BlockNode : Statement {
  using Statement::Statement;
  Result<Flow> Execute(Frame& frame) const override;
  Body body;
};

// {% generation %}: marks what the assistant says, for training; here a scope and nothing else.
struct GenerationNode : Statement {
  using Statement::Statement;
  Result<Flow> Execute(Frame& frame) const override;
  Body body;
};

// A macro, or the body of a {% call %}.
struct MacroSyntax {
  std::string name;  // empty: caller
  struct Parameter {
    std::string name;
    NameId id;
    ExpressionPtr missing;  // the default; null for none
  };
  std::vector<Parameter> parameters;
  Body body;
  // What the body mentions of the names that every macro may use.
  bool uses_caller = false;
  bool uses_kwargs = false;
  bool uses_varargs = false;
  NameId caller_id = 0;
  NameId kwargs_id = 0;
  NameId varargs_id = 0;
};

struct MacroNode : Statement {
  using Statement::Statement;
  Result<Flow> Execute(Frame& frame) const override;
  MacroSyntax macro;
  NameId id = 0;
};

struct CallBlockNode : Statement {
  using Statement::Statement;
  Result<Flow> Execute(Frame& frame) const override;
  std::unique_ptr<const CallNode> call;
  MacroSyntax caller;
};

// {% include %} and its kin need other templates, which there are none of.
struct LoaderNode : Statement {
  LoaderNode(int at, std::string name) : Statement(at), tag(std::move(name)) {}
  Result<Flow> Execute(Frame&) const override;
  std::string tag;
};

// A whole template.
struct TemplateProgram {
  std::string source;
  std::vector<std::string> names;  // by NameId
  Body body;
};

}  // namespace ingle::jinja
