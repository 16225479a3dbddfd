// Completion scripts, written from a description of the command line.
#pragma once

#include <string>
#include <vector>

namespace ingle {

struct FlagWords {
  std::vector<std::string> short_names;  // "-n"
  std::vector<std::string> long_names;   // "--predict", "--no-think"
  std::string help;
  std::string value_name;            // empty for switches
  std::vector<std::string> choices;  // of the value; empty when any will do

  bool takes_value() const { return !value_name.empty(); }
  bool takes_file() const { return value_name == "FILE"; }
};

struct CommandWords {
  std::string name;
  std::string summary;
  std::vector<FlagWords> flags;
  bool takes_model = false;          // as its first argument
  std::vector<std::string> choices;  // of its first argument
};

std::string BashCompletion(const std::vector<CommandWords>& commands);
std::string ZshCompletion(const std::vector<CommandWords>& commands);
std::string FishCompletion(const std::vector<CommandWords>& commands);

}  // namespace ingle
