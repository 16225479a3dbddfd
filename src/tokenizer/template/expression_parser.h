// Tokens to expressions. The grammar is Jinja's, its precedence from loose to tight:
// if-else, or, and, not, comparisons and in, + -, ~, * / // %, **, unary + -, filters and tests,
// then . [] ().
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "tokenizer/template/lexer.h"
#include "tokenizer/template/nodes.h"

namespace ingle::jinja {

class ExpressionParser {
 public:
  explicit ExpressionParser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  const Token& current() const { return tokens_[at_]; }
  int line() const { return current().line; }
  Token Next() { return at_ + 1 < tokens_.size() ? tokens_[at_++] : tokens_[at_]; }
  bool SkipName(std::string_view name);
  bool SkipOperator(std::string_view sign);
  Status ExpectName(std::string_view name);
  Status ExpectOperator(std::string_view sign);
  Status ExpectEnd(Token::Kind end);

  template <class... Parts>
  tl::unexpected<Error> Bad(int at, const Parts&... parts) const {
    return Fail(ErrorCode::kCorrupt, "template line ", at, ": ", parts...);
  }
  tl::unexpected<Error> Unexpected(std::string_view wanted) const;

  Result<ExpressionPtr> ParseExpression();
  // Expressions between commas make a tuple. no_condition leaves "if" to the statement.
  Result<ExpressionPtr> ParseTuple(bool no_condition = false);
  Result<std::unique_ptr<const CallNode>> ParseCallExpression();
  // name(arguments)|name ... after {% filter %} or, with bars first, in {% set %}.
  Result<std::vector<std::unique_ptr<const BuiltinNode>>> ParseFilterChain(bool bar_first);
  // attributes: a.b is allowed.
  Result<Target> ParseTarget(bool attributes);
  // The name of a macro, parameter or block.
  Result<std::string> ParseNewName();

  NameId IdOf(std::string_view name);
  std::vector<std::string> TakeNames() { return std::move(names_); }

  // Filters and tests that Jinja does not have. It takes them for an error in the template, but
  // within a conditional only once they are reached; the place that knows forgives them there.
  size_t unknown_count() const { return unknown_.size(); }
  void ForgiveUnknown(size_t count) { unknown_.resize(count); }
  Status RequireKnown(size_t count) const;

  // Macros whose bodies are being parsed, from the outside in.
  std::vector<MacroSyntax*> macros;
  int loops_around = 0;  // in the whole template, macros included

  // One level of nesting while it lives.
  class Level {
   public:
    explicit Level(ExpressionParser& parser) : parser_(parser) { ++parser_.depth_; }
    ~Level() { --parser_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    bool allowed() const { return parser_.depth_ <= kMaxDepth; }

   private:
    ExpressionParser& parser_;
  };
  tl::unexpected<Error> NestsTooDeep() const;

 private:
  static constexpr int kMaxDepth = 400;
  friend class Level;

  struct Unknown {
    int line = 0;
    std::string what;
  };

  Result<ExpressionPtr> ParseConditional();
  Result<ExpressionPtr> ParseLogic(bool is_and);
  Result<ExpressionPtr> ParseNot();
  Result<ExpressionPtr> ParseCompare();
  Result<ExpressionPtr> ParseSum();
  Result<ExpressionPtr> ParseConcat();
  Result<ExpressionPtr> ParseProduct();
  Result<ExpressionPtr> ParsePower();
  using Operand = Result<ExpressionPtr> (ExpressionParser::*)();
  Result<ExpressionPtr> ParseBinary(Operand operand, std::span<const std::string_view> signs);
  Result<ExpressionPtr> ParseFilteredUnary() { return ParseUnary(true); }
  Result<ExpressionPtr> ParseUnary(bool with_filters);
  Result<ExpressionPtr> ParsePrimary();
  Result<ExpressionPtr> ParseName();
  Result<ExpressionPtr> ParseString();
  Result<ExpressionPtr> ParseParenthesis();
  Result<ExpressionPtr> ParseList();
  Result<ExpressionPtr> ParseDict();
  Result<ExpressionPtr> ParsePostfix(ExpressionPtr node);
  Result<ExpressionPtr> ParseFilters(ExpressionPtr node);
  Result<ExpressionPtr> ParseTest(ExpressionPtr node);
  Result<ExpressionPtr> ParseDot(ExpressionPtr node);
  Result<ExpressionPtr> ParseSubscript(ExpressionPtr node);
  Result<std::unique_ptr<CallNode>> ParseCall(ExpressionPtr callee);
  Result<std::unique_ptr<BuiltinNode>> ParseBuiltin(bool test);
  Result<CallSyntax> ParseArguments();
  Status ParseArgument(CallSyntax& call);
  Result<Target> ParseOneTarget(bool attributes);
  bool AtTupleEnd() const;

  std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
  std::vector<std::string> names_;
  std::unordered_map<std::string, NameId> ids_;
  std::vector<Unknown> unknown_;
};

}  // namespace ingle::jinja
