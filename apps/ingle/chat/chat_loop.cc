#include "chat/chat_loop.h"

#include <optional>

#include "chat/report.h"
#include "chat/slash_commands.h"
#include "commands/run_options.h"
#include "terminal/interrupt.h"
#include "terminal/line_editor.h"
#include "terminal/output.h"
#include "terminal/units.h"

namespace ingle {
namespace {

constexpr std::string_view kBlock = "\"\"\"";

// Reads messages, which may have several lines.
class MessageReader {
 public:
  explicit MessageReader(LineEditor& editor) : editor_(editor) {}

  // Nothing when the person leaves. An empty text when they gave one up.
  std::optional<std::string> Read() {
    LineEditor::Input input = editor_.Read(">>> ");
    if (input.outcome == LineEditor::Outcome::kEnd) {
      Print("\n");
      return std::nullopt;
    }
    if (input.outcome == LineEditor::Outcome::kInterrupted) return GivenUp(input.text);
    interrupts_ = 0;
    editor_.Remember(input.text);
    std::string text = std::move(input.text);
    if (text.starts_with(kBlock)) return ReadBlock(text.substr(kBlock.size()));
    while (text.ends_with('\\')) {
      text.back() = '\n';
      const std::optional<std::string> line = More();
      if (!line) return "";
      text += *line;
    }
    return text;
  }

 private:
  // Ctrl-C: at an empty prompt the second one in a row leaves.
  std::optional<std::string> GivenUp(const std::string& typed) {
    Print("^C\n");
    interrupts_ = typed.empty() ? interrupts_ + 1 : 0;
    if (interrupts_ >= 2) return std::nullopt;
    if (interrupts_ == 1) Print("(Ctrl-C once more or Ctrl-D leaves)\n");
    return "";
  }

  std::optional<std::string> More() {
    LineEditor::Input input = editor_.Read("... ");
    if (input.outcome != LineEditor::Outcome::kLine) {
      Print("\n");
      return std::nullopt;
    }
    editor_.Remember(input.text);
    return std::move(input.text);
  }

  // Until a line that ends with """; one that holds nothing else adds no line.
  std::optional<std::string> ReadBlock(std::string text) {
    while (!text.ends_with(kBlock)) {
      const std::optional<std::string> line = More();
      if (!line) return "";
      text += (text.empty() ? "" : "\n") + *line;
    }
    text.resize(text.size() - kBlock.size());
    if (text.ends_with('\n')) text.pop_back();
    return text;
  }

  LineEditor& editor_;
  int interrupts_ = 0;  // in a row, at an empty prompt
};

// Writes an answer to the terminal as it comes, its thoughts dimmed.
class AnswerPrinter {
 public:
  bool operator()(const AnswerEvent& event) {
    const bool thinking = event.kind == AnswerEvent::Kind::kThinking;
    if (thinking != thinking_) {
      Print(thinking ? style_.dim : style_.reset);
      if (!thinking && !at_line_start_) Print("\n");
      thinking_ = thinking;
    }
    std::string text = WithoutControls(event.text);
    if (event.kind == AnswerEvent::Kind::kToolCall) {
      text = Cat("[calls ", WithoutControls(event.call.name), " with ",
                 WithoutControls(event.call.arguments), "]\n");
    }
    Print(text);
    if (!text.empty()) at_line_start_ = text.back() == '\n';
    return FlushOutput().has_value();
  }

  void End(bool interrupted) {
    if (thinking_) Print(style_.reset);
    if (interrupted) {
      Print(at_line_start_ ? "" : " ", style_.dim, "[stopped]", style_.reset, "\n");
    } else if (!at_line_start_) {
      Print("\n");
    }
  }

 private:
  const Style& style_ = OutputStyle();
  bool thinking_ = false;
  bool at_line_start_ = true;
};

void Greet(const Engine& engine) {
  const ModelInfo& model = engine.model_info();
  const Style& style = OutputStyle();
  Print(style.bold, WithoutControls(model.name.empty() ? model.path : model.name), style.reset,
        "  ", HumanCount(model.parameters), " parameters, ", model.weight_type, ", context ",
        engine.info().context, " tokens, ", engine.info().device, "\n", style.dim,
        "/help lists commands, Ctrl-C stops an answer, Ctrl-D leaves.", style.reset, "\n");
}

void AnswerTo(ChatState& state, const std::string& text) {
  AnswerPrinter printer;
  const InterruptScope interrupt;
  const Result<Reply> reply = state.conversation.Ask(
      text, [&](const AnswerEvent& event) { return printer(event); }, &interrupt.flag());
  printer.End(interrupt.flag());
  if (!reply) {
    const bool full = reply.error().code() == ErrorCode::kTooLarge;
    Print(OutputStyle().red, reply.error().message(), OutputStyle().reset, "\n",
          full ? "/clear makes room.\n" : "");
    return;
  }
  state.last_stats = StatsLine(reply->generation, state.seed);
  if (reply->generation.finish == FinishReason::kContext) {
    Print("The context is full: the answer was cut. /clear makes room.\n");
  }
  if (state.settings.stats) {
    Print(OutputStyle().dim, state.last_stats, OutputStyle().reset, "\n");
  }
}

}  // namespace

Status RunChat(Engine& engine, Engine* draft, Context& context, const ChatOptions& options) {
  // Between an answer and the next line nothing waits for Ctrl-C: there it must not end the
  // program.
  const InterruptScope whole_chat;
  Conversation conversation(engine, draft, options);
  ChatState state{engine, conversation, context.settings, options.generate.sampling.seed, "", {}};
  state.settings_changed = [&] {
    ChatOptions changed = ChatOptionsOf(context.settings, state.seed);
    changed.tools = options.tools;
    state.seed = changed.generate.sampling.seed;
    conversation.options() = std::move(changed);
  };
  LineEditor editor(context.paths.history, SlashCommandNames());
  MessageReader reader(editor);
  Greet(engine);
  while (FlushOutput()) {
    const std::optional<std::string> message = reader.Read();
    if (!message) break;
    if (message->find_first_not_of(" \t\n") == std::string::npos) continue;
    if (IsSlashCommand(*message)) {
      if (RunSlashCommand(*message, state) == SlashOutcome::kQuit) break;
    } else {
      AnswerTo(state, *message);
    }
  }
  return {};
}

}  // namespace ingle
