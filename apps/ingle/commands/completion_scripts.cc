#include "commands/completion_scripts.h"

#include "base/error.h"

namespace ingle {
namespace {

std::string Joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const std::string& word : words) text += Cat(text.empty() ? "" : between, word);
  return text;
}

std::vector<std::string> NamesOf(const FlagWords& flag) {
  std::vector<std::string> names = flag.short_names;
  names.insert(names.end(), flag.long_names.begin(), flag.long_names.end());
  return names;
}

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// In single quotes for bash and zsh.
std::string ShellQuoted(const std::string& text) {
  return "'" + Replaced(text, "'", "'\\''") + "'";
}

std::string FishQuoted(const std::string& text) {
  return "'" + Replaced(Replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
}

// What follows a flag that takes a value.
std::string BashValueCases(const CommandWords& command) {
  std::string cases;
  for (const FlagWords& flag : command.flags) {
    if (!flag.takes_value()) continue;
    std::string action;
    if (flag.takes_file()) action = "_ingle_files; ";
    if (!flag.choices.empty()) {
      action = Cat("_ingle_words ", ShellQuoted(Joined(flag.choices, " ")), "; ");
    }
    cases += Cat("        ", Joined(NamesOf(flag), "|"), ") ", action, "return ;;\n");
  }
  return cases;
}

std::string BashCommand(const CommandWords& command) {
  std::vector<std::string> flags;
  for (const FlagWords& flag : command.flags) {
    for (const std::string& name : NamesOf(flag)) flags.push_back(name);
  }
  std::string text =
      Cat("    ", command.name, ")\n      flags=", ShellQuoted(Joined(flags, " ")), "\n");
  if (!command.choices.empty()) {
    text += Cat("      words=", ShellQuoted(Joined(command.choices, " ")), "\n");
  }
  if (command.takes_model) text += "      words=$(ingle list --names 2>/dev/null)\n";
  const std::string cases = BashValueCases(command);
  if (!cases.empty()) text += Cat("      case $previous in\n", cases, "      esac\n");
  return text + "      ;;\n";
}

// A flag as _arguments of zsh wants it.
std::string ZshFlag(const FlagWords& flag) {
  std::string help = flag.help;
  for (const char* special : {"[", "]", ":"}) help = Replaced(help, special, Cat("\\", special));
  std::string value;
  if (flag.takes_value()) {
    const std::string action = flag.takes_file()      ? "_files"
                               : flag.choices.empty() ? ""
                                                      : Cat("(", Joined(flag.choices, " "), ")");
    value = Cat(":", flag.value_name, ":", action);
  }
  std::string text;
  for (const std::string& name : NamesOf(flag)) {
    text += " \\\n        " + ShellQuoted(Cat("*", name, "[", help, "]", value));
  }
  return text;
}

std::string FishFlag(const std::string& command, const FlagWords& flag) {
  std::string text = Cat("complete -c ingle -n '__fish_seen_subcommand_from ", command, "'");
  for (const std::string& name : flag.short_names) text += " -s " + name.substr(1);
  for (const std::string& name : flag.long_names) text += " -l " + name.substr(2);
  if (flag.takes_file()) {
    text += " -r -F";
  } else if (flag.takes_value()) {
    text += Cat(" -x", flag.choices.empty() ? "" : " -a " + FishQuoted(Joined(flag.choices, " ")));
  }
  return Cat(text, " -d ", FishQuoted(flag.help), "\n");
}

}  // namespace

std::string BashCompletion(const std::vector<CommandWords>& commands) {
  std::vector<std::string> names;
  std::string cases;
  for (const CommandWords& command : commands) {
    names.push_back(command.name);
    cases += BashCommand(command);
  }
  return Cat(R"sh(# Completion of ingle for bash. To use it: source <(ingle completion bash)
_ingle_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }
_ingle_files() { mapfile -t COMPREPLY < <(compgen -f -- "$current"); }
_ingle() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  # "=" is a word of its own: --device=cpu is three.
  if [[ $current == = ]]; then
    current=''
  elif [[ $previous == = ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  local command=${COMP_WORDS[1]} flags='' words=''
  if ((COMP_CWORD == 1)); then
    _ingle_words ')sh",
             Joined(names, " "), R"sh( --help --version'
    return
  fi
  case $command in
)sh",
             cases, R"sh(  esac
  if [[ $current == -* ]]; then
    _ingle_words "$flags"
  else
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current"; compgen -f -- "$current")
  fi
}
complete -o filenames -F _ingle ingle
)sh");
}

std::string ZshCompletion(const std::vector<CommandWords>& commands) {
  std::string list;
  std::string cases;
  for (const CommandWords& command : commands) {
    list += Cat("    ", ShellQuoted(Cat(command.name, ":", command.summary)), "\n");
    cases += Cat("    ", command.name, ")\n      _arguments");
    for (const FlagWords& flag : command.flags) cases += ZshFlag(flag);
    if (command.takes_model) cases += " \\\n        '1:model:_ingle_models'";
    if (!command.choices.empty()) {
      cases += Cat(" \\\n        '1:shell:(", Joined(command.choices, " "), ")'");
    }
    cases += " \\\n        '*:file:_files' ;;\n";
  }
  return Cat(R"sh(#compdef ingle
# Completion of ingle for zsh. To use it: source <(ingle completion zsh)
_ingle_models() {
  local -a models
  models=(${(f)"$(ingle list --names 2>/dev/null)"})
  _alternative "models:model:(${models})" 'files:file:_files'
}
_ingle() {
  local -a commands
  commands=(
)sh",
             list, R"sh(  )
  if ((CURRENT == 2)); then
    _describe command commands
    _arguments '--help[print help]' '--version[print the version]'
    return
  fi
  shift words
  ((CURRENT--))
  case $words[1] in
)sh",
             cases, R"sh(  esac
}
if [[ $funcstack[1] == _ingle ]]; then
  _ingle "$@"
else
  compdef _ingle ingle
fi
)sh");
}

std::string FishCompletion(const std::vector<CommandWords>& commands) {
  std::string text =
      "# Completion of ingle for fish. To use it: ingle completion fish | source\n"
      "complete -c ingle -n __fish_use_subcommand -f\n"
      "complete -c ingle -n __fish_use_subcommand -l version -d 'print the version'\n"
      "complete -c ingle -n __fish_use_subcommand -l help -d 'print help'\n";
  for (const CommandWords& command : commands) {
    text += Cat("complete -c ingle -n __fish_use_subcommand -f -a ", command.name, " -d ",
                FishQuoted(command.summary), "\n");
    for (const FlagWords& flag : command.flags) text += FishFlag(command.name, flag);
    const std::string seen =
        Cat("complete -c ingle -n '__fish_seen_subcommand_from ", command.name, "'");
    if (command.takes_model) text += seen + " -a '(ingle list --names 2>/dev/null)'\n";
    if (!command.choices.empty()) {
      text += Cat(seen, " -f -a ", FishQuoted(Joined(command.choices, " ")), "\n");
    }
  }
  return text;
}

}  // namespace ingle
