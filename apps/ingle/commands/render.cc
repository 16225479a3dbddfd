// ingle render (MODEL | --template FILE.jinja) INPUT.json
#include "command.h"
#include "engine/chat.h"
#include "files/file_io.h"
#include "model_access.h"
#include "terminal/output.h"

namespace ingle {
namespace {

constexpr uint64_t kLongestInput = uint64_t{256} << 20;

class RenderCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context&) override {
    flags.Arguments("ARGS", arguments_,
                    "MODEL INPUT.json, or with --template INPUT.json alone; - is standard input", 1,
                    2);
    flags.Text("--template", template_file_, "FILE", "a Jinja file instead of a model's template");
    flags.SetFetch();
  }

  Status Check(const Context&) override {
    const size_t wanted = template_file_.empty() ? 2 : 1;
    if (arguments_.size() == wanted) return {};
    return Fail(ErrorCode::kInvalidArgument,
                template_file_.empty()
                    ? "render needs a MODEL (or --template FILE) and INPUT.json"
                    : "render takes no MODEL beside --template, only INPUT.json");
  }

  Status Run(Context& context) override {
    const std::string& input = arguments_.back();
    const Result<std::string> text = ReadWhole(input, kLongestInput);
    if (!text) return Fail(text.error());
    const Result<Value> variables = ParseJson(*text);
    if (!variables) return Fail(variables.error(), NameOfInput(input));
    if (!variables->IsDict()) {
      return Fail(ErrorCode::kCorrupt, NameOfInput(input), ": not a JSON object");
    }
    const Result<std::string> prompt =
        template_file_.empty() ? RenderModel(context, *variables) : RenderFile(*variables);
    if (!prompt) return Fail(prompt.error());
    Print(*prompt);
    return {};
  }

 private:
  Result<std::string> RenderFile(const Value& variables) const {
    const Result<std::string> source = ReadWhole(template_file_, kLongestInput);
    if (!source) return Fail(source.error());
    const Result<ChatTemplate> parsed = ChatTemplate::Parse(*source);
    if (!parsed) return Fail(parsed.error(), template_file_);
    TemplateInput input;
    input.variables = variables;
    Result<std::string> prompt = parsed->Render(input);
    return prompt ? prompt : Fail(prompt.error(), template_file_);
  }

  Result<std::string> RenderModel(const Context& context, const Value& variables) const {
    const Result<std::unique_ptr<Engine>> engine =
        LoadModel(arguments_.front(), context, OptionsToLook());
    if (!engine) return Fail(engine.error());
    return RenderChat(**engine, variables);
  }

  std::vector<std::string> arguments_;
  std::string template_file_;
};

}  // namespace

std::unique_ptr<Command> MakeRender() { return std::make_unique<RenderCommand>(); }

}  // namespace ingle
