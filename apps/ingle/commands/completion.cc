// ingle completion bash|zsh|fish
#include <algorithm>

#include <CLI/CLI.hpp>

#include "command.h"
#include "commands/completion_scripts.h"
#include "terminal/output.h"

namespace ingle {
namespace {

constexpr const char* kShells = "bash|zsh|fish";

// "cpu|reference" as a list; a name without a bar is no list.
std::vector<std::string> Choices(const std::string& text) {
  if (text.find('|') == std::string::npos) return {};
  return CLI::detail::split(text, '|');
}

// The choices of a setting stand in its table, those of a command's own flag in its value name.
std::vector<std::string> ChoicesOf(const std::string& long_name, const std::string& value_name) {
  for (const SettingInfo& setting : AllSettings()) {
    const std::vector<std::string> flags = CLI::detail::split(std::string(setting.flags), ',');
    if (std::find(flags.begin(), flags.end(), long_name) != flags.end()) {
      return Choices(std::string(setting.choices));
    }
  }
  return Choices(value_name);
}

FlagWords Describe(const CLI::Option& option) {
  FlagWords flag;
  for (const std::string& name : option.get_snames()) flag.short_names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) flag.long_names.push_back("--" + name);
  flag.help = option.get_description();
  if (option.get_items_expected_max() > 0) flag.value_name = option.get_type_name();
  if (!flag.long_names.empty()) flag.choices = ChoicesOf(flag.long_names[0], flag.value_name);
  return flag;
}

CommandWords Describe(const CLI::App& app) {
  CommandWords command{app.get_name(), app.get_description(), {}, false, {}};
  bool first_argument = true;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) {
      command.flags.push_back(Describe(*option));
    } else if (first_argument) {
      const std::string name = option->get_name();
      command.takes_model = name != "SHELL";
      if (name == "SHELL") command.choices = Choices(kShells);
      first_argument = false;
    }
  }
  return command;
}

class CompletionCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context&) override {
    flags.Argument("SHELL", shell_, kShells, Flags::Need::kRequired);
  }

  bool RunsWithoutConfig() const override { return true; }

  Status Check(const Context&) override {
    const std::vector<std::string> shells = Choices(kShells);
    if (std::find(shells.begin(), shells.end(), shell_) != shells.end()) return {};
    return Fail(ErrorCode::kInvalidArgument, "there is no completion for ", Quote(shell_),
                "; the shells are bash, zsh and fish");
  }

  Status Run(Context& context) override {
    std::vector<CommandWords> commands;
    for (const CLI::App* app : context.app->get_subcommands({})) commands.push_back(Describe(*app));
    Print(shell_ == "bash"  ? BashCompletion(commands)
          : shell_ == "zsh" ? ZshCompletion(commands)
                            : FishCompletion(commands));
    return {};
  }

 private:
  std::string shell_;
};

}  // namespace

std::unique_ptr<Command> MakeCompletion() { return std::make_unique<CompletionCommand>(); }

}  // namespace ingle
