#include "chat/slash_commands.h"

#include <algorithm>

#include "files/file_io.h"
#include "terminal/output.h"

namespace ingle {
namespace {

struct SlashCommand {
  const char* name;
  const char* arguments;
  const char* help;
  Status (*run)(const std::string& argument, ChatState& state);  // null: leaves
};

Status Help(const std::string&, ChatState&);

Status System(const std::string& argument, ChatState& state) {
  if (argument.empty()) {
    const std::string& system = state.settings.system;
    Print(system.empty() ? "There is no system message.\n" : WithoutControls(system) + "\n");
    return {};
  }
  state.settings.system = argument == "-" ? "" : argument;
  state.settings_changed();
  Print(argument == "-" ? "The system message is gone.\n" : "The system message is set.\n");
  return {};
}

Status Save(const std::string& argument, ChatState& state) {
  if (argument.empty()) return Fail(ErrorCode::kInvalidArgument, "/save needs the name of a file");
  if (FileExists(argument)) {
    return Fail(ErrorCode::kInvalidArgument, "'", argument, "' exists; choose another name");
  }
  ValueList messages;
  if (!state.settings.system.empty()) {
    messages.push_back(Value::Map({{"role", "system"}, {"content", state.settings.system}}));
  }
  const ValueList& turns = state.conversation.messages();
  messages.insert(messages.end(), turns.begin(), turns.end());
  const Result<std::string> json = ToJson(Value::Map({{"messages", std::move(messages)}}));
  if (!json) return Fail(json.error());
  const Status written = WriteWhole(argument, *json + "\n");
  if (written) Print("Saved to ", argument, ". /load ", argument, " brings it back.\n");
  return written;
}

Status Load(const std::string& argument, ChatState& state) {
  if (argument.empty()) return Fail(ErrorCode::kInvalidArgument, "/load needs the name of a file");
  constexpr uint64_t kLongest = uint64_t{64} << 20;
  const Result<std::string> text = ReadWhole(argument, kLongest);
  if (!text) return Fail(text.error());
  const Result<Value> json = ParseJson(*text);
  if (!json) return Fail(json.error(), argument);
  const Value* messages = json->Find("messages");
  if (messages == nullptr || !messages->IsSequence()) {
    return Fail(ErrorCode::kCorrupt, argument, " holds no list of messages");
  }
  ValueList turns = messages->items();
  std::string system;
  if (!turns.empty()) {
    const Value* role = turns.front().Find("role");
    const Value* content = turns.front().Find("content");
    if (role != nullptr && role->IsString() && role->text() == "system" && content != nullptr &&
        content->IsString()) {
      system = content->text();
      turns.erase(turns.begin());
    }
  }
  state.settings.system = system;
  state.settings_changed();
  state.conversation.SetMessages(std::move(turns));
  const size_t count = state.conversation.messages().size();
  Print("Loaded ", count, count == 1 ? " message.\n" : " messages.\n");
  return {};
}

Status Clear(const std::string&, ChatState& state) {
  state.conversation.Clear();
  Print("Everything said so far is forgotten; the system message stays.\n");
  return {};
}

Status Stats(const std::string&, ChatState& state) {
  const EngineInfo& info = state.engine.info();
  Print(state.last_stats.empty() ? "Nothing was answered yet.\n" : state.last_stats + "\n");
  Print("Context: ", state.conversation.tokens(), " of ", info.context, " tokens; ", info.device,
        ", ", info.threads, info.threads == 1 ? " thread\n" : " threads\n");
  return {};
}

// What makes sense to change in the middle of a chat.
constexpr std::string_view kChangeable[] = {
    "temp", "top_k",   "top_p", "min_p", "repeat_penalty", "presence_penalty", "frequency_penalty",
    "seed", "predict", "stop",  "think", "stats",          "speculate"};

Status Set(const std::string& argument, ChatState& state) {
  const size_t space = argument.find(' ');
  const std::string key = argument.substr(0, space);
  if (key.empty()) {
    for (const std::string_view name : kChangeable) {
      Print(name, " = ", ValueText(state.settings, *FindSetting(name)), "\n");
    }
    return {};
  }
  if (std::find(std::begin(kChangeable), std::end(kChangeable), key) == std::end(kChangeable)) {
    return Fail(ErrorCode::kInvalidArgument, Quote(key),
                " cannot be set here; /set lists what can");
  }
  if (space == std::string::npos) {
    Print(key, " = ", ValueText(state.settings, *FindSetting(key)), "\n");
    return {};
  }
  const Status set = SetFromText(state.settings, *FindSetting(key),
                                 argument.substr(argument.find_first_not_of(' ', space)));
  if (!set) return Fail(set.error(), key);
  state.settings_changed();
  return {};
}

constexpr SlashCommand kCommands[] = {
    {"/help", "", "list these commands", Help},
    {"/system", "[TEXT]", "show or set the system message; - removes it", System},
    {"/set", "[NAME [VALUE]]", "show or set a sampling option, such as temp", Set},
    {"/clear", "", "forget everything said so far", Clear},
    {"/save", "FILE", "write the conversation to a file, as JSON", Save},
    {"/load", "FILE", "go on with a saved conversation", Load},
    {"/stats", "", "tell how fast the latest answer was, and how full the context is", Stats},
    {"/quit", "", "leave, as Ctrl-D does", nullptr},
};

Status Help(const std::string&, ChatState&) {
  for (const SlashCommand& command : kCommands) {
    std::string line = Cat("  ", command.name, " ", command.arguments);
    line.resize(std::max<size_t>(line.size() + 2, 26), ' ');
    Print(line, command.help, "\n");
  }
  Print(
      "Several lines: begin and end them with \"\"\", or end a line with a backslash.\n"
      "Ctrl-C stops an answer; pressed twice at an empty prompt, it leaves.\n");
  return {};
}

}  // namespace

bool IsSlashCommand(const std::string& line) {
  return line.size() > 1 && line[0] == '/' &&
         ((line[1] >= 'a' && line[1] <= 'z') || (line[1] >= 'A' && line[1] <= 'Z'));
}

SlashOutcome RunSlashCommand(const std::string& line, ChatState& state) {
  const size_t space = line.find_first_of(" \n");
  const std::string name = line.substr(0, space);
  const size_t begin = space == std::string::npos ? space : line.find_first_not_of(" \n", space);
  std::string argument = begin == std::string::npos ? "" : line.substr(begin);
  while (argument.ends_with(' ')) argument.pop_back();

  if (name == "/exit" || name == "/bye") return SlashOutcome::kQuit;
  for (const SlashCommand& command : kCommands) {
    if (name != command.name) continue;
    if (command.run == nullptr) return SlashOutcome::kQuit;
    const Status done = command.run(argument, state);
    if (!done) Print(OutputStyle().red, done.error().message(), OutputStyle().reset, "\n");
    return SlashOutcome::kGoOn;
  }
  Print("There is no command ", Quote(name), "; /help lists them. To say something that begins ",
        "with a slash, put a space before it.\n");
  return SlashOutcome::kGoOn;
}

std::vector<std::string> SlashCommandNames() {
  std::vector<std::string> names;
  for (const SlashCommand& command : kCommands) names.emplace_back(command.name);
  return names;
}

}  // namespace ingle
