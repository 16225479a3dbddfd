// ingle run [MODEL] [PROMPT]
#include "base/memory.h"
#include "chat/chat_loop.h"
#include "chat/conversation.h"
#include "chat/prompt.h"
#include "chat/report.h"
#include "command.h"
#include "commands/run_options.h"
#include "files/file_io.h"
#include "json_output.h"
#include "model_access.h"
#include "terminal/output.h"

namespace ingle {
namespace {

constexpr int64_t kMostLogprobs = 100;

// Writes an answer to standard output as it comes: what it says and wants called, and what it
// thinks only where that was asked for.
class OneShotPrinter {
 public:
  explicit OneShotPrinter(bool show_thinking) : show_thinking_(show_thinking) {}

  bool operator()(const AnswerEvent& event) {
    switch (event.kind) {
      case AnswerEvent::Kind::kContent:
        return Write(event.text);
      case AnswerEvent::Kind::kThinking:
        return !show_thinking_ || Write(event.text);
      case AnswerEvent::Kind::kToolCall:
        return Write(Cat("{\"name\": ", Json(event.call.name).dump(),
                         ", \"arguments\": ", event.call.arguments, "}\n"));
    }
    return true;
  }

  // false when standard output takes no more.
  bool Write(std::string_view text) {
    if (OutputIsTerminal()) {
      Print(WithoutControls(text));
    } else {
      Print(text);
    }
    return FlushOutput().has_value();
  }

 private:
  bool show_thinking_;
};

class RunCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context& context) override {
    flags.Argument("MODEL", model_,
                   Cat("a catalogue name or a .gguf file [", context.settings.model, "]"));
    flags.Argument("PROMPT", prompt_,
                   "what to answer; without it, a chat in a terminal, or standard input");
    flags.Set({"temp", "top_k", "top_p", "min_p", "repeat_penalty", "presence_penalty",
               "frequency_penalty", "seed", "predict", "stop", "system", "think", "show_thinking",
               "speculate", "draft"});
    flags.Text("--tools", tools_file_, "FILE", "JSON list of the tools that the model may call");
    flags.Switch("--raw", raw_, "complete PROMPT as it is, without the chat template");
    flags.Switch("--json", json_, "print one JSON object instead of the text");
    flags.Number("--logprobs", logprobs_, "N", "with --json: the N likeliest tokens at each place",
                 0, kMostLogprobs);
    flags.Set({"stats"});
    flags.SetEngine();
  }

  Status Check(const Context&) override {
    if (model_ && model_->empty()) {
      return Fail(ErrorCode::kInvalidArgument,
                  "MODEL is empty: name one, or leave it out for the default");
    }
    if (logprobs_ >= 0 && !json_) {
      return Fail(ErrorCode::kInvalidArgument, "--logprobs is for --json");
    }
    if (raw_ && !tools_file_.empty()) {
      return Fail(ErrorCode::kInvalidArgument,
                  "--tools needs the chat template, and --raw has none");
    }
    return {};
  }

  Status Run(Context& context) override {
    ChatOptions options = ChatOptionsOf(context.settings, RandomSeed());
    options.generate.logprobs = static_cast<int>(logprobs_);
    const Status tools = ReadTools(options);
    if (!tools) return tools;
    const uint64_t available = AvailableMemory().value_or(kAvailableMemory);
    const Result<std::unique_ptr<Engine>> engine =
        LoadModel(model_.value_or(context.settings.model), context, EngineOptionsOf(context));
    if (!engine) return Fail(engine.error());

    if (const Status generates = RequireGeneration((*engine)->model_info()); !generates) {
      return generates;
    }
    const auto draft = LoadDraftModel(**engine, context, available);
    if (!draft) return Fail(draft.error());
    draft_ = draft->get();
    const bool templated = !raw_ && (*engine)->chat_template() != nullptr;
    const bool translates = (*engine)->model_info().start_token.has_value();
    if (!raw_ && !templated && !translates) NoteMissingTemplate(**engine);
    const bool chat = !prompt_ && !json_ && InputIsTerminal() && OutputIsTerminal();
    if (chat && templated) return RunChat(**engine, draft_, context, options);

    const Result<std::string> prompt = ReadPrompt();
    if (!prompt) return Fail(prompt.error());
    return templated ? Answer(**engine, context, options, *prompt)
                     : Complete(**engine, context, options.generate, *prompt);
  }

 private:
  static Status RequireGeneration(const ModelInfo& model) {
    if (model.task == Task::kGenerate) return {};
    const bool embeds = model.task == Task::kEmbed;
    return Fail(ErrorCode::kUnsupported, model.path, " does not generate text: it ",
                embeds ? "embeds; 'ingle embed' gives its vectors"
                       : "classifies; 'ingle classify' gives its labels");
  }

  Status ReadTools(ChatOptions& options) const {
    if (tools_file_.empty()) return {};
    const Result<std::string> text = ReadWhole(tools_file_);
    if (!text) return Fail(text.error());
    const Result<Value> tools = ParseJson(*text);
    if (!tools) return Fail(tools.error(), tools_file_);
    if (!tools->IsSequence())
      return Fail(ErrorCode::kCorrupt, tools_file_, ": not a list of tools");
    options.tools = *tools;
    return {};
  }

  static void NoteMissingTemplate(const Engine& engine) {
    if (engine.template_error()) {
      Note(Cat(engine.template_error()->message(), "; completing the text as it is"));
    } else {
      Note("this model has no chat template; completing the text as it is");
    }
  }

  Result<std::string> ReadPrompt() const {
    if (prompt_ && *prompt_ != "-") return *prompt_;
    Result<std::string> text = ReadWhole("-");
    if (!text) return text;
    if (text->ends_with('\n')) text->pop_back();
    return text;
  }

  // One answer through the chat template.
  Status Answer(Engine& engine, const Context& context, const ChatOptions& options,
                const std::string& prompt) const {
    Conversation conversation(engine, draft_, options);
    OneShotPrinter printer(context.settings.show_thinking);
    const auto listener = [&](const AnswerEvent& event) { return json_ || printer(event); };
    const Result<Reply> reply = conversation.Ask(prompt, listener);
    if (!reply) return Fail(reply.error());
    if (!json_) {
      if (!reply->answer.content.ends_with('\n')) printer.Write("\n");
      return Finish(engine, context, options.generate, "", reply->generation);
    }
    Json report = ReportJson(engine, reply->answer.content, reply->generation,
                             options.generate.sampling.seed);
    report["thinking"] = reply->answer.thinking;
    report["tool_calls"] = Json::array();
    for (const ToolCall& call : reply->answer.tool_calls) {
      const Json arguments = Json::parse(call.arguments, nullptr, false);
      report["tool_calls"].push_back(
          {{"id", call.id},
           {"name", call.name},
           {"arguments", arguments.is_discarded() ? Json(call.arguments) : arguments}});
    }
    PrintJsonDocument(report);
    return {};
  }

  // The continuation of a text, byte for byte.
  Status Complete(Engine& engine, const Context& context, GenerateOptions generate,
                  const std::string& prompt) const {
    const Result<std::vector<TokenId>> tokens = PromptTokens(engine, prompt);
    if (!tokens) return Fail(tokens.error());
    OneShotPrinter printer(true);
    if (!json_) generate.on_text = [&](std::string_view piece) { return printer.Write(piece); };
    const std::unique_ptr<Session> session = engine.NewSession();
    Speculator speculator(engine, draft_);
    generate.speculator = &speculator;
    const Result<Generation> generation = Generate(engine, *session, *tokens, generate);
    if (!generation) return Fail(generation.error());
    return Finish(engine, context, generate, generation->text, *generation);
  }

  Status Finish(const Engine& engine, const Context& context, const GenerateOptions& generate,
                const std::string& text, const Generation& generation) const {
    if (json_) {
      PrintJsonDocument(ReportJson(engine, text, generation, generate.sampling.seed));
      return {};
    }
    if (!text.empty() && OutputIsTerminal()) Print("\n");
    const Status flushed = FlushOutput();
    if (flushed && context.settings.stats) Note(StatsLine(generation, generate.sampling.seed));
    return flushed;
  }

  std::optional<std::string> model_;
  std::optional<std::string> prompt_;
  std::string tools_file_;
  bool raw_ = false;
  bool json_ = false;
  int64_t logprobs_ = -1;
  Engine* draft_ = nullptr;  // while it runs; may be null
};

}  // namespace

std::unique_ptr<Command> MakeRun() { return std::make_unique<RunCommand>(); }

}  // namespace ingle
