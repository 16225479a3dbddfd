#include "tokenizer/template/expression_parser.h"

#include <algorithm>
#include <iterator>
#include <optional>

namespace ingle::jinja {
namespace {

using Kind = Token::Kind;

bool IsConstant(std::string_view name) {
  return name == "true" || name == "false" || name == "none" || name == "True" || name == "False" ||
         name == "None";
}

std::optional<CompareOp> CompareOpOf(const Token& token) {
  struct Row {
    std::string_view sign;
    CompareOp op;
  };
  constexpr Row kRows[] = {
      {"==", CompareOp::kEqual},     {"!=", CompareOp::kNotEqual}, {"<", CompareOp::kLess},
      {"<=", CompareOp::kLessEqual}, {">", CompareOp::kGreater},   {">=", CompareOp::kGreaterEqual},
  };
  for (const Row& row : kRows) {
    if (token.IsOperator(row.sign)) return row.op;
  }
  return std::nullopt;
}

BinaryOp BinaryOpOf(std::string_view sign) {
  if (sign == "+") return BinaryOp::kAdd;
  if (sign == "-") return BinaryOp::kSubtract;
  if (sign == "*") return BinaryOp::kMultiply;
  if (sign == "/") return BinaryOp::kDivide;
  if (sign == "//") return BinaryOp::kFloorDivide;
  if (sign == "%") return BinaryOp::kModulo;
  return BinaryOp::kPower;
}

constexpr std::string_view kSumSigns[] = {"+", "-"};
constexpr std::string_view kProductSigns[] = {"*", "/", "//", "%"};
constexpr std::string_view kPowerSigns[] = {"**"};

}  // namespace

bool ExpressionParser::SkipName(std::string_view name) {
  if (!current().IsName(name)) return false;
  Next();
  return true;
}

bool ExpressionParser::SkipOperator(std::string_view sign) {
  if (!current().IsOperator(sign)) return false;
  Next();
  return true;
}

tl::unexpected<Error> ExpressionParser::Unexpected(std::string_view wanted) const {
  return Bad(line(), "expected ", wanted, ", got ", Describe(current()));
}

tl::unexpected<Error> ExpressionParser::NestsTooDeep() const {
  return Fail(ErrorCode::kTooLarge, "template line ", line(), ": nests too deep");
}

Status ExpressionParser::ExpectName(std::string_view name) {
  if (SkipName(name)) return {};
  return Unexpected(Quote(name));
}

Status ExpressionParser::ExpectOperator(std::string_view sign) {
  if (SkipOperator(sign)) return {};
  return Unexpected(Quote(sign));
}

Status ExpressionParser::ExpectEnd(Kind end) {
  if (current().kind != end) return Unexpected(end == Kind::kBlockEnd ? "%}" : "}}");
  Next();
  return {};
}

NameId ExpressionParser::IdOf(std::string_view name) {
  const auto [entry, added] = ids_.emplace(name, static_cast<NameId>(names_.size()));
  if (added) names_.emplace_back(name);
  return entry->second;
}

Status ExpressionParser::RequireKnown(size_t count) const {
  if (unknown_.size() <= count) return {};
  return Bad(unknown_[count].line, unknown_[count].what);
}

Result<ExpressionPtr> ExpressionParser::ParseExpression() { return ParseConditional(); }

Result<ExpressionPtr> ExpressionParser::ParseConditional() {
  const Level level(*this);
  if (!level.allowed()) return NestsTooDeep();
  const size_t known = unknown_count();
  Result<ExpressionPtr> then = ParseLogic(false);
  while (then && SkipName("if")) {
    auto node = std::make_unique<ConditionalNode>(line());
    Result<ExpressionPtr> condition = ParseLogic(false);
    if (!condition) return condition;
    if (SkipName("else")) {
      Result<ExpressionPtr> otherwise = ParseConditional();
      if (!otherwise) return otherwise;
      node->otherwise = std::move(*otherwise);
    }
    node->then = std::move(*then);
    node->condition = std::move(*condition);
    then = std::move(node);
    ForgiveUnknown(known);
  }
  return then;
}

Result<ExpressionPtr> ExpressionParser::ParseLogic(bool is_and) {
  const auto operand = [&] { return is_and ? ParseNot() : ParseLogic(true); };
  Result<ExpressionPtr> left = operand();
  while (left && SkipName(is_and ? "and" : "or")) {
    auto node = std::make_unique<LogicNode>(line());
    Result<ExpressionPtr> right = operand();
    if (!right) return right;
    node->is_and = is_and;
    node->left = std::move(*left);
    node->right = std::move(*right);
    left = std::move(node);
  }
  return left;
}

Result<ExpressionPtr> ExpressionParser::ParseNot() {
  if (!current().IsName("not")) return ParseCompare();
  const Level level(*this);
  if (!level.allowed()) return NestsTooDeep();
  auto node = std::make_unique<UnaryNode>(Next().line);
  Result<ExpressionPtr> operand = ParseNot();
  if (!operand) return operand;
  node->op = UnaryNode::Op::kNot;
  node->operand = std::move(*operand);
  return node;
}

Result<ExpressionPtr> ExpressionParser::ParseCompare() {
  auto node = std::make_unique<CompareNode>(line());
  Result<ExpressionPtr> first = ParseSum();
  if (!first) return first;
  while (true) {
    std::optional<CompareOp> op = CompareOpOf(current());
    if (current().IsName("in")) op = CompareOp::kIn;
    if (current().IsName("not") && tokens_[at_ + 1].IsName("in")) {
      Next();
      op = CompareOp::kNotIn;
    }
    if (!op) break;
    Next();
    Result<ExpressionPtr> operand = ParseSum();
    if (!operand) return operand;
    node->rest.emplace_back(*op, std::move(*operand));
  }
  if (node->rest.empty()) return first;
  node->first = std::move(*first);
  return node;
}

Result<ExpressionPtr> ExpressionParser::ParseBinary(Operand operand,
                                                    std::span<const std::string_view> signs) {
  Result<ExpressionPtr> left = (this->*operand)();
  while (left && current().kind == Kind::kOperator &&
         std::find(signs.begin(), signs.end(), current().text) != signs.end()) {
    auto node = std::make_unique<BinaryNode>(line());
    node->op = BinaryOpOf(Next().text);
    Result<ExpressionPtr> right = (this->*operand)();
    if (!right) return right;
    node->left = std::move(*left);
    node->right = std::move(*right);
    left = std::move(node);
  }
  return left;
}

Result<ExpressionPtr> ExpressionParser::ParseSum() {
  return ParseBinary(&ExpressionParser::ParseConcat, kSumSigns);
}

Result<ExpressionPtr> ExpressionParser::ParseConcat() {
  auto node = std::make_unique<ConcatNode>(line());
  do {
    Result<ExpressionPtr> part = ParseProduct();
    if (!part) return part;
    node->parts.push_back(std::move(*part));
  } while (SkipOperator("~"));
  if (node->parts.size() == 1) return std::move(node->parts[0]);
  return node;
}

Result<ExpressionPtr> ExpressionParser::ParseProduct() {
  return ParseBinary(&ExpressionParser::ParsePower, kProductSigns);
}

Result<ExpressionPtr> ExpressionParser::ParsePower() {
  const auto operand = &ExpressionParser::ParseFilteredUnary;
  return ParseBinary(operand, kPowerSigns);
}

Result<ExpressionPtr> ExpressionParser::ParseUnary(bool with_filters) {
  const Level level(*this);
  if (!level.allowed()) return NestsTooDeep();
  Result<ExpressionPtr> node = ExpressionPtr();
  if (current().IsOperator("-") || current().IsOperator("+")) {
    auto unary = std::make_unique<UnaryNode>(line());
    unary->op = Next().text == "-" ? UnaryNode::Op::kNegate : UnaryNode::Op::kPlus;
    Result<ExpressionPtr> operand = ParseUnary(false);
    if (!operand) return operand;
    unary->operand = std::move(*operand);
    node = std::move(unary);
  } else {
    node = ParsePrimary();
  }
  if (node) node = ParsePostfix(std::move(*node));
  if (node && with_filters) node = ParseFilters(std::move(*node));
  return node;
}

Result<ExpressionPtr> ExpressionParser::ParsePrimary() {
  switch (current().kind) {
    case Kind::kName:
      return ParseName();
    case Kind::kString:
      return ParseString();
    case Kind::kNumber: {
      Token token = Next();
      return std::make_unique<LiteralNode>(token.line, std::move(token.number));
    }
    default:
      break;
  }
  if (current().IsOperator("(")) return ParseParenthesis();
  if (current().IsOperator("[")) return ParseList();
  if (current().IsOperator("{")) return ParseDict();
  return Bad(line(), "unexpected ", Describe(current()));
}

Result<ExpressionPtr> ExpressionParser::ParseName() {
  const Token token = Next();
  const std::string& name = token.text;
  if (IsConstant(name)) {
    const bool none = name == "none" || name == "None";
    return std::make_unique<LiteralNode>(token.line,
                                         none ? Value() : Value(name == "true" || name == "True"));
  }
  for (MacroSyntax* macro : macros) {
    macro->uses_caller |= name == "caller";
    macro->uses_kwargs |= name == "kwargs";
    macro->uses_varargs |= name == "varargs";
  }
  return std::make_unique<NameNode>(token.line, IdOf(name));
}

Result<ExpressionPtr> ExpressionParser::ParseString() {
  const int at = line();
  std::string text;
  while (current().kind == Kind::kString) text += Next().text;
  return std::make_unique<LiteralNode>(at, Value(std::move(text)));
}

Result<ExpressionPtr> ExpressionParser::ParseParenthesis() {
  const int at = Next().line;
  if (SkipOperator(")")) {
    auto empty = std::make_unique<SequenceNode>(at);
    empty->tuple = true;
    return empty;
  }
  Result<ExpressionPtr> inside = ParseTuple();
  if (!inside) return inside;
  if (Status end = ExpectOperator(")"); !end) return Fail(end.error());
  return inside;
}

Result<ExpressionPtr> ExpressionParser::ParseList() {
  auto node = std::make_unique<SequenceNode>(Next().line);
  while (!current().IsOperator("]")) {
    if (!node->items.empty()) {
      if (Status comma = ExpectOperator(","); !comma) return Fail(comma.error());
      if (current().IsOperator("]")) break;
    }
    Result<ExpressionPtr> item = ParseExpression();
    if (!item) return item;
    node->items.push_back(std::move(*item));
  }
  Next();
  return node;
}

Result<ExpressionPtr> ExpressionParser::ParseDict() {
  auto node = std::make_unique<DictNode>(Next().line);
  while (!current().IsOperator("}")) {
    if (!node->entries.empty()) {
      if (Status comma = ExpectOperator(","); !comma) return Fail(comma.error());
      if (current().IsOperator("}")) break;
    }
    Result<ExpressionPtr> key = ParseExpression();
    if (!key) return key;
    if (Status colon = ExpectOperator(":"); !colon) return Fail(colon.error());
    Result<ExpressionPtr> value = ParseExpression();
    if (!value) return value;
    node->entries.emplace_back(std::move(*key), std::move(*value));
  }
  Next();
  return node;
}

bool ExpressionParser::AtTupleEnd() const {
  const Kind kind = current().kind;
  return kind == Kind::kVariableEnd || kind == Kind::kBlockEnd || current().IsOperator(")");
}

Result<ExpressionPtr> ExpressionParser::ParseTuple(bool no_condition) {
  auto node = std::make_unique<SequenceNode>(line());
  node->tuple = true;
  bool comma = false;
  do {
    if (AtTupleEnd()) break;
    Result<ExpressionPtr> item = no_condition ? ParseLogic(false) : ParseConditional();
    if (!item) return item;
    node->items.push_back(std::move(*item));
    if (!current().IsOperator(",")) break;
    comma = true;
  } while (SkipOperator(","));
  if (comma) return node;
  if (node->items.empty()) return Unexpected("an expression");
  return std::move(node->items[0]);
}

}  // namespace ingle::jinja
