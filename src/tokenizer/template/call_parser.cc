// What follows a value: attributes, subscripts, calls, filters and tests; and targets of
// assignment.
#include <algorithm>
#include <iterator>
#include <utility>

#include "tokenizer/template/expression_parser.h"

namespace ingle::jinja {
namespace {

using Kind = Token::Kind;

bool IsReserved(std::string_view name) {
  constexpr std::string_view kConstants[] = {"true", "false", "none", "True", "False", "None"};
  return std::find(std::begin(kConstants), std::end(kConstants), name) != std::end(kConstants);
}

}  // namespace

Result<ExpressionPtr> ExpressionParser::ParsePostfix(ExpressionPtr node) {
  while (true) {
    Result<ExpressionPtr> next = ExpressionPtr();
    if (current().IsOperator(".")) {
      next = ParseDot(std::move(node));
    } else if (current().IsOperator("[")) {
      next = ParseSubscript(std::move(node));
    } else if (current().IsOperator("(")) {
      next = ParseCall(std::move(node));
    } else {
      return node;
    }
    if (!next) return next;
    node = std::move(*next);
  }
}

Result<ExpressionPtr> ExpressionParser::ParseFilters(ExpressionPtr node) {
  while (true) {
    Result<ExpressionPtr> next = ExpressionPtr();
    if (SkipOperator("|")) {
      Result<std::unique_ptr<BuiltinNode>> filter = ParseBuiltin(false);
      if (!filter) return Fail(filter.error());
      (*filter)->input = std::move(node);
      next = std::move(*filter);
    } else if (SkipName("is")) {
      next = ParseTest(std::move(node));
    } else if (current().IsOperator("(")) {
      next = ParseCall(std::move(node));
    } else {
      return node;
    }
    if (!next) return next;
    node = std::move(*next);
  }
}

Result<ExpressionPtr> ExpressionParser::ParseTest(ExpressionPtr node) {
  const bool negated = SkipName("not");
  Result<std::unique_ptr<BuiltinNode>> test = ParseBuiltin(true);
  if (!test) return Fail(test.error());
  (*test)->input = std::move(node);
  if (!negated) return std::move(*test);
  auto opposite = std::make_unique<UnaryNode>((*test)->line);
  opposite->op = UnaryNode::Op::kNot;
  opposite->operand = std::move(*test);
  return opposite;
}

// A filter or test with its arguments. A test may take one without parentheses: is divisibleby 3.
Result<std::unique_ptr<BuiltinNode>> ExpressionParser::ParseBuiltin(bool test) {
  auto node = std::make_unique<BuiltinNode>(line());
  node->test = test;
  do {
    if (current().kind != Kind::kName) return Unexpected(test ? "a test" : "a filter");
    if (!node->name.empty()) node->name += '.';
    node->name += Next().text;
  } while (SkipOperator("."));
  node->row = test ? FindTest(node->name) : FindFilter(node->name);
  if (node->row == nullptr) {
    unknown_.push_back(
        {node->line, Cat("no ", test ? "test" : "filter", " named ", Quote(node->name))});
  }

  if (current().IsOperator("(")) {
    Result<CallSyntax> arguments = ParseArguments();
    if (!arguments) return Fail(arguments.error());
    node->arguments = std::move(*arguments);
    return node;
  }
  const Kind kind = current().kind;
  const bool value_follows = kind == Kind::kName || kind == Kind::kString ||
                             kind == Kind::kNumber || current().IsOperator("[") ||
                             current().IsOperator("{");
  const bool ends = current().IsName("else") || current().IsName("or") || current().IsName("and");
  if (!test || !value_follows || ends) return node;
  if (current().IsName("is")) return Bad(line(), "tests cannot be chained with is");
  Result<ExpressionPtr> argument = ParsePrimary();
  if (argument) argument = ParsePostfix(std::move(*argument));
  if (!argument) return Fail(argument.error());
  node->arguments.positional.push_back(std::move(*argument));
  return node;
}

Result<std::vector<std::unique_ptr<const BuiltinNode>>> ExpressionParser::ParseFilterChain(
    bool bar_first) {
  std::vector<std::unique_ptr<const BuiltinNode>> chain;
  if (bar_first && !SkipOperator("|")) return chain;
  do {
    Result<std::unique_ptr<BuiltinNode>> filter = ParseBuiltin(false);
    if (!filter) return Fail(filter.error());
    chain.push_back(std::move(*filter));
  } while (SkipOperator("|"));
  return chain;
}

Result<ExpressionPtr> ExpressionParser::ParseDot(ExpressionPtr node) {
  const int at = Next().line;
  if (current().kind == Kind::kNumber && current().number.kind() == Value::Kind::kInt) {
    auto item = std::make_unique<ItemNode>(at);
    item->object = std::move(node);
    item->key = std::make_unique<LiteralNode>(at, Next().number);
    return item;
  }
  if (current().kind != Kind::kName) return Unexpected("a name or a number");
  auto attribute = std::make_unique<AttributeNode>(at);
  attribute->object = std::move(node);
  attribute->name = Next().text;
  return attribute;
}

Result<ExpressionPtr> ExpressionParser::ParseSubscript(ExpressionPtr node) {
  const int at = Next().line;
  ExpressionPtr bounds[3];
  size_t colons = 0;
  while (!current().IsOperator("]") && !current().IsOperator(",")) {
    if (SkipOperator(":")) {
      if (++colons > 2) return Bad(at, "a slice has three parts at most");
      continue;
    }
    if (bounds[colons] != nullptr) return Unexpected("]");
    Result<ExpressionPtr> bound = ParseExpression();
    if (!bound) return bound;
    bounds[colons] = std::move(*bound);
  }
  if (current().IsOperator(",") && colons == 0 && bounds[0] != nullptr) {
    auto key = std::make_unique<SequenceNode>(at);
    key->tuple = true;
    key->items.push_back(std::move(bounds[0]));
    while (SkipOperator(",")) {
      Result<ExpressionPtr> part = ParseExpression();
      if (!part) return part;
      key->items.push_back(std::move(*part));
    }
    bounds[0] = std::move(key);
  }
  if (Status end = ExpectOperator("]"); !end) return Fail(end.error());
  if (colons == 0) {
    auto item = std::make_unique<ItemNode>(at);
    item->object = std::move(node);
    item->key = std::move(bounds[0]);
    if (item->key == nullptr) {  // x[] asks for the empty tuple
      auto empty = std::make_unique<SequenceNode>(at);
      empty->tuple = true;
      item->key = std::move(empty);
    }
    return item;
  }
  auto slice = std::make_unique<SliceNode>(at);
  slice->object = std::move(node);
  slice->start = std::move(bounds[0]);
  slice->stop = std::move(bounds[1]);
  slice->step = std::move(bounds[2]);
  return slice;
}

Result<std::unique_ptr<CallNode>> ExpressionParser::ParseCall(ExpressionPtr callee) {
  auto node = std::make_unique<CallNode>(line());
  Result<CallSyntax> arguments = ParseArguments();
  if (!arguments) return Fail(arguments.error());
  node->callee = std::move(callee);
  node->arguments = std::move(*arguments);
  return node;
}

Result<CallSyntax> ExpressionParser::ParseArguments() {
  if (Status open = ExpectOperator("("); !open) return Fail(open.error());
  CallSyntax call;
  bool first = true;
  while (!current().IsOperator(")")) {
    if (!std::exchange(first, false)) {
      if (Status comma = ExpectOperator(","); !comma) return Fail(comma.error());
      if (current().IsOperator(")")) break;
    }
    if (Status done = ParseArgument(call); !done) return Fail(done.error());
  }
  Next();
  return call;
}

// Order is as strict as Jinja's: values, names, *list, **dict; names may also follow *list.
Status ExpressionParser::ParseArgument(CallSyntax& call) {
  const int at = line();
  const bool star = SkipOperator("*");
  const bool double_star = !star && SkipOperator("**");
  const bool named =
      !star && !double_star && current().kind == Kind::kName && tokens_[at_ + 1].IsOperator("=");
  const bool after_stars = call.more_positional != nullptr || call.more_named != nullptr;
  const bool in_order = call.more_named == nullptr && (named || double_star || !after_stars) &&
                        (star || named || double_star || call.named.empty());
  if (!in_order) return Bad(at, "arguments of a call in the wrong order");

  std::string name;
  if (named) {
    name = Next().text;
    Next();
    for (const auto& [other, value] : call.named) {
      if (other == name) return Bad(at, "the argument ", Quote(name), " is given twice");
    }
  }
  Result<ExpressionPtr> value = ParseExpression();
  if (!value) return Fail(value.error());
  if (star) {
    call.more_positional = std::move(*value);
  } else if (double_star) {
    call.more_named = std::move(*value);
  } else if (named) {
    call.named.emplace_back(std::move(name), std::move(*value));
  } else {
    call.positional.push_back(std::move(*value));
  }
  return {};
}

Result<std::unique_ptr<const CallNode>> ExpressionParser::ParseCallExpression() {
  const int at = line();
  Result<ExpressionPtr> node = ParseExpression();
  if (!node) return Fail(node.error());
  if (dynamic_cast<const CallNode*>(node->get()) == nullptr) return Bad(at, "expected a call");
  return std::unique_ptr<const CallNode>(static_cast<const CallNode*>(node->release()));
}

Result<std::string> ExpressionParser::ParseNewName() {
  if (current().kind != Kind::kName) return Unexpected("a name");
  if (IsReserved(current().text)) return Bad(line(), "cannot assign to ", Quote(current().text));
  return Next().text;
}

Result<Target> ExpressionParser::ParseTarget(bool attributes) {
  const Level level(*this);
  if (!level.allowed()) return NestsTooDeep();
  Target list = {Target::Kind::kTuple, 0, "", {}};
  bool comma = false;
  do {
    if (AtTupleEnd()) break;
    Result<Target> part = ParseOneTarget(attributes);
    if (!part) return part;
    list.parts.push_back(std::move(*part));
    comma |= current().IsOperator(",");
  } while (SkipOperator(","));
  if (list.parts.empty()) return Unexpected("a name to assign to");
  if (comma) return list;
  Target only = std::move(list.parts[0]);
  return only;
}

Result<Target> ExpressionParser::ParseOneTarget(bool attributes) {
  if (SkipOperator("(")) {
    Result<Target> inside = ParseTarget(false);
    if (!inside) return inside;
    if (Status end = ExpectOperator(")"); !end) return Fail(end.error());
    return inside;
  }
  const int at = line();
  Result<std::string> name = ParseNewName();
  if (!name) return Fail(name.error());
  Target target = {Target::Kind::kName, IdOf(*name), "", {}};
  if (attributes && SkipOperator(".")) {
    if (current().kind != Kind::kName) return Unexpected("a name");
    target.kind = Target::Kind::kAttribute;
    target.attribute = Next().text;
  } else if (*name == "loop" && loops_around > 0) {
    return Bad(at, "cannot assign to loop within a loop");
  }
  return target;
}

}  // namespace ingle::jinja
