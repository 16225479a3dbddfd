#include "tokenizer/template/chat_template.h"

#include <utility>

#include "tokenizer/template/builtin.h"
#include "tokenizer/template/nodes.h"
#include "tokenizer/template/parser.h"
#include "tokenizer/template/strftime.h"

namespace ingle::jinja {
namespace {

// What the names of the template stand for before it sets any: the input's variables, else what
// Hugging Face passes always, else Jinja's own functions.
std::vector<Value> GlobalsFor(const TemplateProgram& program, const Value& variables) {
  std::vector<Value> globals;
  for (const std::string& name : program.names) {
    const Value* given = variables.Find(name);
    const Builtin* function = FindBuiltin(Globals(), name);
    if (given != nullptr) {
      globals.push_back(*given);
    } else if (name == "tools" || name == "documents") {
      globals.push_back(Value());
    } else if (name == "add_generation_prompt") {
      globals.push_back(Value(false));
    } else if (function != nullptr) {
      globals.push_back(Rep::Of(std::make_shared<BoundBuiltin>(function, Value())));
    } else {
      globals.push_back(Rep::Undefined(Cat(Quote(name), " is undefined")));
    }
  }
  return globals;
}

Result<std::string> RenderProgram(const TemplateProgram& program, const TemplateInput& input) {
  TextSink out(input.limits.output_bytes);
  Runtime runtime(input.limits, input.now ? *input.now : LocalNow(), &out);
  const std::vector<Value> globals = GlobalsFor(program, input.variables);
  Frame frame = {runtime, globals, std::make_shared<Scope>(nullptr)};
  Result<Flow> flow = RunBody(program.body, frame);
  if (!flow) return Fail(flow.error(), "template line ", runtime.line);
  return out.Take();
}

}  // namespace
}  // namespace ingle::jinja

namespace ingle {

ChatTemplate::ChatTemplate(std::shared_ptr<const jinja::TemplateProgram> program)
    : program_(std::move(program)) {}

Result<ChatTemplate> ChatTemplate::Parse(std::string source) {
  Result<std::shared_ptr<const jinja::TemplateProgram>> program =
      jinja::ParseTemplate(std::move(source));
  if (!program) return Fail(program.error());
  return ChatTemplate(std::move(*program));
}

Result<std::string> ChatTemplate::Render(const TemplateInput& input) const {
  return jinja::RenderProgram(*program_, input);
}

const std::string& ChatTemplate::source() const { return program_->source; }

}  // namespace ingle
