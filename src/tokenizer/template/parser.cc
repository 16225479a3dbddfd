#include "tokenizer/template/parser.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <utility>

#include "base/utf8.h"
#include "tokenizer/template/expression_parser.h"

namespace ingle::jinja {
namespace {

using Kind = Token::Kind;
using EndTags = std::initializer_list<std::string_view>;

class StatementParser {
 public:
  explicit StatementParser(std::vector<Token> tokens) : in_(std::move(tokens)) {}

  Result<Body> Template() {
    Result<Body> body = ParseUntil({});
    if (!body) return body;
    if (Status known = in_.RequireKnown(0); !known) return Fail(known.error());
    return body;
  }

  std::vector<std::string> TakeNames() { return in_.TakeNames(); }

 private:
  // Statements up to one of the end tags, which stays the current token; to the template's end
  // where there are none.
  Result<Body> ParseUntil(EndTags ends) {
    const ExpressionParser::Level level(in_);
    if (!level.allowed()) return in_.NestsTooDeep();
    Body body;
    while (in_.current().kind != Kind::kEnd) {
      const Token token = in_.Next();
      Result<StatementPtr> statement = StatementPtr();
      if (token.kind == Kind::kData) {
        statement = std::make_unique<DataNode>(token.line, token.text);
      } else if (token.kind == Kind::kVariableBegin) {
        statement = ParsePrint(token.line);
      } else {
        const auto is_current = [&](std::string_view tag) { return in_.current().IsName(tag); };
        if (std::any_of(ends.begin(), ends.end(), is_current)) return body;
        statement = ParseTag(ends);
      }
      if (!statement) return Fail(statement.error());
      body.push_back(std::move(*statement));
    }
    if (ends.size() > 0) {
      return in_.Bad(in_.line(), "the template ends where {% ", *(ends.end() - 1),
                     " %} is missing");
    }
    return body;
  }

  // The rest of an opening tag, then its body.
  Result<Body> ParseBody(EndTags ends) {
    in_.SkipOperator(":");
    if (Status end = in_.ExpectEnd(Kind::kBlockEnd); !end) return Fail(end.error());
    return ParseUntil(ends);
  }

  // A body with variables of its own, and its end tag.
  Result<Body> ParseScopedBody(std::string_view end) {
    const size_t known = in_.unknown_count();
    Result<Body> body = ParseBody({end});
    if (!body) return body;
    in_.Next();
    if (Status all = in_.RequireKnown(known); !all) return Fail(all.error());
    return body;
  }

  Result<StatementPtr> ParsePrint(int line) {
    auto node = std::make_unique<PrintNode>(line);
    Result<ExpressionPtr> value = in_.ParseTuple();
    if (!value) return Fail(value.error());
    node->value = std::move(*value);
    if (Status end = in_.ExpectEnd(Kind::kVariableEnd); !end) return Fail(end.error());
    return node;
  }

  Result<StatementPtr> ParseTag(EndTags ends) {
    using Parse = Result<StatementPtr> (StatementParser::*)(int line);
    struct Row {
      std::string_view tag;
      Parse parse;
    };
    constexpr Row kRows[] = {
        {"if", &StatementParser::ParseIf},
        {"for", &StatementParser::ParseFor},
        {"set", &StatementParser::ParseSet},
        {"macro", &StatementParser::ParseMacro},
        {"call", &StatementParser::ParseCallBlock},
        {"filter", &StatementParser::ParseFilterBlock},
        {"with", &StatementParser::ParseWith},
        {"block", &StatementParser::ParseBlock},
        {"generation", &StatementParser::ParseGeneration},
        {"print", &StatementParser::ParsePrintTag},
        {"break", &StatementParser::ParseBreak},
        {"continue", &StatementParser::ParseContinue},
        {"include", &StatementParser::ParseLoader},
        {"import", &StatementParser::ParseLoader},
        {"from", &StatementParser::ParseLoader},
        {"extends", &StatementParser::ParseLoader},
    };
    const Token& tag = in_.current();
    if (tag.kind != Kind::kName) return in_.Unexpected("the name of a tag");
    const auto* row = std::find_if(std::begin(kRows), std::end(kRows),
                                   [&](const Row& candidate) { return tag.IsName(candidate.tag); });
    if (row == std::end(kRows)) {
      const std::string wanted =
          ends.size() == 0 ? "" : Cat(", expected {% ", *(ends.end() - 1), " %}");
      return in_.Bad(tag.line, "unknown tag ", Quote(tag.text), wanted);
    }
    const int line = in_.line();
    if (row->parse != &StatementParser::ParseLoader) in_.Next();
    Result<StatementPtr> statement = (this->*row->parse)(line);
    if (!statement) return statement;
    if (Status end = in_.ExpectEnd(Kind::kBlockEnd); !end) return Fail(end.error());
    return statement;
  }

  Result<StatementPtr> ParseIf(int line) {
    auto node = std::make_unique<IfNode>(line);
    const size_t known = in_.unknown_count();
    while (true) {
      Result<ExpressionPtr> condition = in_.ParseTuple(true);
      if (!condition) return Fail(condition.error());
      Result<Body> body = ParseBody({"elif", "else", "endif"});
      if (!body) return Fail(body.error());
      node->branches.emplace_back(std::move(*condition), std::move(*body));
      if (in_.SkipName("elif")) continue;
      if (in_.SkipName("else")) {
        Result<Body> otherwise = ParseBody({"endif"});
        if (!otherwise) return Fail(otherwise.error());
        node->otherwise = std::move(*otherwise);
      }
      in_.SkipName("endif");
      in_.ForgiveUnknown(known);
      return node;
    }
  }

  Result<StatementPtr> ParseFor(int line) {
    auto node = std::make_unique<ForNode>(line);
    node->loop_name = in_.IdOf("loop");
    ++in_.loops_around;
    Status done = ParseForHead(*node);
    if (done) done = ParseForBody(*node);
    --in_.loops_around;
    if (!done) return Fail(done.error());
    return node;
  }

  Status ParseForHead(ForNode& node) {
    Result<Target> target = in_.ParseTarget(false);
    if (!target) return Fail(target.error());
    node.target = std::move(*target);
    if (Status in = in_.ExpectName("in"); !in) return in;
    Result<ExpressionPtr> iterable = in_.ParseTuple(true);
    if (!iterable) return Fail(iterable.error());
    node.iterable = std::move(*iterable);
    const size_t known = in_.unknown_count();
    if (in_.SkipName("if")) {
      Result<ExpressionPtr> condition = in_.ParseExpression();
      if (!condition) return Fail(condition.error());
      node.condition = std::move(*condition);
    }
    node.recursive = in_.SkipName("recursive");
    return in_.RequireKnown(known);
  }

  Status ParseForBody(ForNode& node) {
    const size_t known = in_.unknown_count();
    ++breakable_loops_;
    Result<Body> body = ParseBody({"else", "endfor"});
    --breakable_loops_;
    if (!body) return Fail(body.error());
    node.body = std::move(*body);
    if (in_.SkipName("else")) {
      // A recursive loop is a function, which a break in its else cannot leave.
      const int outer = std::exchange(breakable_loops_, node.recursive ? 0 : breakable_loops_);
      Result<Body> otherwise = ParseBody({"endfor"});
      breakable_loops_ = outer;
      if (!otherwise) return Fail(otherwise.error());
      node.otherwise = std::move(*otherwise);
    }
    in_.SkipName("endfor");
    return in_.RequireKnown(known);
  }

  Result<StatementPtr> ParseSet(int line) {
    Result<Target> target = in_.ParseTarget(true);
    if (!target) return Fail(target.error());
    if (in_.SkipOperator("=")) {
      auto node = std::make_unique<SetNode>(line);
      Result<ExpressionPtr> value = in_.ParseTuple();
      if (!value) return Fail(value.error());
      node->target = std::move(*target);
      node->value = std::move(*value);
      return node;
    }
    auto node = std::make_unique<SetBlockNode>(line);
    const size_t known = in_.unknown_count();
    auto filters = in_.ParseFilterChain(true);
    if (!filters) return Fail(filters.error());
    if (Status all = in_.RequireKnown(known); !all) return Fail(all.error());
    Result<Body> body = ParseScopedBody("endset");
    if (!body) return Fail(body.error());
    node->target = std::move(*target);
    node->filters = std::move(*filters);
    node->body = std::move(*body);
    return node;
  }

  Result<StatementPtr> ParseMacro(int line) {
    auto node = std::make_unique<MacroNode>(line);
    Result<std::string> name = in_.ParseNewName();
    if (!name) return Fail(name.error());
    node->id = in_.IdOf(*name);
    node->macro.name = std::move(*name);
    if (Status done = ParseParameters(node->macro); !done) return Fail(done.error());
    if (Status done = ParseMacroBody(node->macro, "endmacro"); !done) return Fail(done.error());
    return node;
  }

  Result<StatementPtr> ParseCallBlock(int line) {
    auto node = std::make_unique<CallBlockNode>(line);
    if (in_.current().IsOperator("(")) {
      if (Status done = ParseParameters(node->caller); !done) return Fail(done.error());
    }
    Result<std::unique_ptr<const CallNode>> call = in_.ParseCallExpression();
    if (!call) return Fail(call.error());
    node->call = std::move(*call);
    if (Status done = ParseMacroBody(node->caller, "endcall"); !done) return Fail(done.error());
    return node;
  }

  Status ParseParameters(MacroSyntax& macro) {
    const size_t known = in_.unknown_count();
    if (Status open = in_.ExpectOperator("("); !open) return open;
    while (!in_.current().IsOperator(")")) {
      if (!macro.parameters.empty()) {
        if (Status comma = in_.ExpectOperator(","); !comma) return comma;
      }
      const int line = in_.line();
      Result<std::string> name = in_.ParseNewName();
      if (!name) return Fail(name.error());
      MacroSyntax::Parameter parameter = {*name, in_.IdOf(*name), nullptr};
      for (const MacroSyntax::Parameter& other : macro.parameters) {
        if (other.name == *name) return in_.Bad(line, "two parameters are named ", Quote(*name));
      }
      if (in_.SkipOperator("=")) {
        Result<ExpressionPtr> missing = in_.ParseExpression();
        if (!missing) return Fail(missing.error());
        parameter.missing = std::move(*missing);
      } else if (!macro.parameters.empty() && macro.parameters.back().missing != nullptr) {
        return in_.Bad(line, "a parameter without a default follows one with it");
      }
      macro.parameters.push_back(std::move(parameter));
    }
    in_.Next();
    return in_.RequireKnown(known);
  }

  Status ParseMacroBody(MacroSyntax& macro, std::string_view end) {
    const int line = in_.line();
    macro.caller_id = in_.IdOf("caller");
    macro.kwargs_id = in_.IdOf("kwargs");
    macro.varargs_id = in_.IdOf("varargs");
    in_.macros.push_back(&macro);
    const int outer = std::exchange(breakable_loops_, 0);
    Result<Body> body = ParseScopedBody(end);
    breakable_loops_ = outer;
    in_.macros.pop_back();
    if (!body) return Fail(body.error());
    macro.body = std::move(*body);
    for (const MacroSyntax::Parameter& parameter : macro.parameters) {
      if (parameter.name == "caller" && macro.uses_caller && parameter.missing == nullptr) {
        return in_.Bad(line, "a parameter named caller needs a default");
      }
    }
    return {};
  }

  Result<StatementPtr> ParseFilterBlock(int line) {
    auto node = std::make_unique<FilterBlockNode>(line);
    const size_t known = in_.unknown_count();
    auto filters = in_.ParseFilterChain(false);
    if (!filters) return Fail(filters.error());
    if (Status all = in_.RequireKnown(known); !all) return Fail(all.error());
    Result<Body> body = ParseScopedBody("endfilter");
    if (!body) return Fail(body.error());
    node->filters = std::move(*filters);
    node->body = std::move(*body);
    return node;
  }

  Result<StatementPtr> ParseWith(int line) {
    auto node = std::make_unique<WithNode>(line);
    while (in_.current().kind != Kind::kBlockEnd) {
      if (!node->variables.empty()) {
        if (Status comma = in_.ExpectOperator(","); !comma) return Fail(comma.error());
      }
      Result<std::string> name = in_.ParseNewName();
      if (!name) return Fail(name.error());
      if (Status sign = in_.ExpectOperator("="); !sign) return Fail(sign.error());
      Result<ExpressionPtr> value = in_.ParseExpression();
      if (!value) return Fail(value.error());
      node->variables.emplace_back(Target{Target::Kind::kName, in_.IdOf(*name), "", {}},
                                   std::move(*value));
    }
    Result<Body> body = ParseScopedBody("endwith");
    if (!body) return Fail(body.error());
    node->body = std::move(*body);
    return node;
  }

  Result<StatementPtr> ParseBlock(int line) {
    auto node = std::make_unique<BlockNode>(line);
    Result<std::string> name = in_.ParseNewName();
    if (!name) return Fail(name.error());
    if (std::find(blocks_.begin(), blocks_.end(), *name) != blocks_.end()) {
      return in_.Bad(line, "the block ", Quote(*name), " is there twice");
    }
    blocks_.push_back(*name);
    in_.SkipName("scoped");
    if (in_.current().IsName("required")) {
      return in_.Bad(line, "a required block needs a template that extends this one");
    }
    const int outer = std::exchange(breakable_loops_, 0);
    Result<Body> body = ParseScopedBody("endblock");
    breakable_loops_ = outer;
    if (!body) return Fail(body.error());
    in_.SkipName(*name);
    node->body = std::move(*body);
    return node;
  }

  Result<StatementPtr> ParseGeneration(int line) {
    auto node = std::make_unique<GenerationNode>(line);
    const int outer = std::exchange(breakable_loops_, 0);
    Result<Body> body = ParseScopedBody("endgeneration");
    breakable_loops_ = outer;
    if (!body) return Fail(body.error());
    node->body = std::move(*body);
    return node;
  }

  Result<StatementPtr> ParsePrintTag(int line) {
    auto node = std::make_unique<PrintTagNode>(line);
    while (in_.current().kind != Kind::kBlockEnd) {
      if (!node->values.empty()) {
        if (Status comma = in_.ExpectOperator(","); !comma) return Fail(comma.error());
      }
      Result<ExpressionPtr> value = in_.ParseExpression();
      if (!value) return Fail(value.error());
      node->values.push_back(std::move(*value));
    }
    return node;
  }

  Result<StatementPtr> ParseBreak(int line) { return ParseLoopControl(line, Flow::kBreak); }
  Result<StatementPtr> ParseContinue(int line) { return ParseLoopControl(line, Flow::kContinue); }

  Result<StatementPtr> ParseLoopControl(int line, Flow flow) {
    if (breakable_loops_ == 0) return in_.Bad(line, "break or continue outside of a loop");
    return std::make_unique<LoopControlNode>(line, flow);
  }

  // Skips to the end of the tag: what it asks for cannot be had anyway.
  Result<StatementPtr> ParseLoader(int line) {
    const std::string tag = in_.Next().text;
    while (in_.current().kind != Kind::kBlockEnd && in_.current().kind != Kind::kEnd) in_.Next();
    return std::make_unique<LoaderNode>(line, tag);
  }

  ExpressionParser in_;
  int breakable_loops_ = 0;  // that a break here would be in
  std::vector<std::string> blocks_;
};

}  // namespace

Result<std::shared_ptr<const TemplateProgram>> ParseTemplate(std::string source) {
  if (!IsValidUtf8(source)) return Fail(ErrorCode::kCorrupt, "the template is not valid UTF-8");
  Result<std::vector<Token>> tokens = Tokenize(source);
  if (!tokens) return Fail(tokens.error());
  StatementParser parser(std::move(*tokens));
  Result<Body> body = parser.Template();
  if (!body) return Fail(body.error());
  auto program = std::make_shared<TemplateProgram>();
  program->source = std::move(source);
  program->names = parser.TakeNames();
  program->body = std::move(*body);
  return program;
}

}  // namespace ingle::jinja
