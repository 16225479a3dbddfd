// ingle: the program. docs/cli.md says what each command does.
#include <csignal>
#include <cstdio>
#include <iterator>
#include <new>

#include <clocale>
#include <optional>

#include <CLI/CLI.hpp>

#include "command.h"
#include "config/config_file.h"
#include "terminal/output.h"

namespace ingle {
namespace {

constexpr int kSuccess = 0;
constexpr int kFailure = 1;
constexpr int kWrongUsage = 2;

constexpr CommandInfo kCommands[] = {
    {"run", "talk to a model, or have one prompt answered", MakeRun},
    {"pull", "fetch a model", MakePull},
    {"list", "list the models that are here or can be fetched", MakeList},
    {"show", "tell what a model is", MakeShow},
    {"rm", "remove a fetched model", MakeRm},
    {"inspect", "print what is inside a model file", MakeInspect},
    {"tokenize", "turn text into token ids, or back", MakeTokenize},
    {"render", "print what a chat template makes of a conversation", MakeRender},
    {"embed", "turn texts into vectors", MakeEmbed},
    {"classify", "tell how likely each label of a text is", MakeClassify},
    {"logits", "write a model's logits to a file", MakeLogits},
    {"perplexity", "measure how well a model predicts a text", MakePerplexity},
    {"bench", "measure how fast a model runs, and how near the limit", MakeBench},
    {"tune", "measure how many threads suit a model", MakeTune},
    {"fit", "tell how much memory a model takes, before it is run", MakeFit},
    {"convert", "make a .gguf file of a checkpoint folder", MakeConvert},
    {"quantize", "write a model file in another weight type", MakeQuantize},
    {"doctor", "check this installation and tell what it found", MakeDoctor},
    {"completion", "print a shell's completion script", MakeCompletion},
};

int Fail(int status, const Error& error) {
  const Status flushed = FlushOutput();  // what came before, first
  (void)flushed;
  Note(error.message());
  return status;
}

// A file that grows beyond a limit, or a reader that leaves, is an error of that write and not the
// end of the process.
void IgnoreWriteSignals() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

int WrongUsage(const CLI::App& app, const std::string& message) {
  std::string command;
  for (const CLI::App* chosen : app.get_subcommands()) command = " " + chosen->get_name();
  std::fprintf(stderr, "ingle: %s\nTry 'ingle%s --help'.\n", message.c_str(), command.c_str());
  return kWrongUsage;
}

int PrintAndLeave(const std::string& text) {
  Print(text);
  const Status flushed = FlushOutput();
  return flushed ? kSuccess : Fail(kFailure, flushed.error());
}

// CLI11's messages, as sentences of ours.
int ParseFailed(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) {
    const bool version = error.get_name() == "CallForVersion";
    return PrintAndLeave(version ? "ingle " INGLE_VERSION "\n" : app.help());
  }
  std::string message = error.what();
  if (error.get_name() == "ExtrasError" && app.get_subcommands().empty()) {
    message = "there is no command " + Quote(app.remaining().front());
  } else if (error.get_name() == "RequiredError" && app.get_subcommands().empty()) {
    const std::vector<std::string> rest = app.remaining();
    message = rest.empty() ? "a command is missing" : "there is no command " + Quote(rest.front());
  }
  // A name in capitals stays as it is: "MODEL is required".
  if (message.size() > 1 && std::islower(static_cast<unsigned char>(message[1]))) {
    message[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(message[0])));
  }
  return WrongUsage(app, message);
}

int Execute(Command& command, Context& context, const CLI::App& app) {
  if (!command.RunsWithoutConfig()) {
    if (context.environment_error) return Fail(kWrongUsage, *context.environment_error);
    if (context.config_error) return Fail(kFailure, *context.config_error);
  }
  const Status sound = command.Check(context);
  if (!sound) return WrongUsage(app, sound.error().message());
  const Status done = command.Run(context);
  if (!done) return Fail(kFailure, done.error());
  const Status flushed = FlushOutput();
  return flushed ? kSuccess : Fail(kFailure, flushed.error());
}

int Main(int argc, char** argv) {
  IgnoreWriteSignals();
  std::setlocale(LC_CTYPE, "");

  Context context;
  context.paths = FindPaths();
  const Status config =
      ApplyConfigFile(context.paths.config_file, context.settings, context.origins);
  if (!config) context.config_error = config.error();
  const Status environment = ApplyEnvironment(context.settings, context.origins);
  if (!environment) context.environment_error = environment.error();

  CLI::App app("Runs small language models where the data is.", "ingle");
  app.set_version_flag("--version", "ingle " INGLE_VERSION, "print the version");
  app.set_help_flag("-h,--help", "print this help");
  app.require_subcommand(1);
  app.get_formatter()->label("SUBCOMMAND", "COMMAND");
  app.get_formatter()->label("Subcommands", "Commands");
  app.get_formatter()->label("Positionals", "Arguments");
  context.app = &app;
  std::unique_ptr<Command> commands[std::size(kCommands)];
  std::optional<Flags> flags[std::size(kCommands)];
  for (size_t i = 0; i < std::size(kCommands); ++i) {
    commands[i] = kCommands[i].make();
    CLI::App* sub = app.add_subcommand(kCommands[i].name, kCommands[i].summary);
    sub->set_help_flag("-h,--help", "print this help");
    flags[i].emplace(*sub, context.settings);
    commands[i]->Declare(*flags[i], context);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return ParseFailed(app, error);
  }
  for (size_t i = 0; i < std::size(kCommands); ++i) {
    if (!app.got_subcommand(kCommands[i].name)) continue;
    context.flags = &*flags[i];
    return Execute(*commands[i], context, app);
  }
  return kWrongUsage;
}

}  // namespace
}  // namespace ingle

// What is large is asked for in ways that can fail with a sentence; the rest ends up here.
int main(int argc, char** argv) try {
  return ingle::Main(argc, argv);
} catch (const std::bad_alloc&) {
  std::fputs("ingle: out of memory: a shorter context (-c), a smaller batch or model takes less\n",
             stderr);
  return ingle::kFailure;
}
