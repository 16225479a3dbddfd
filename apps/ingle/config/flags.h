// The command line of a command: its own flags and arguments, and settings as flags.
//
// A wall before CLI11, whose header takes seconds to compile.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"

namespace CLI {
class App;
}  // namespace CLI

namespace ingle {

// Everything named here outlives the parsing. Values that do not fit are wrong usage.
class Flags {
 public:
  Flags(CLI::App& app, Settings& settings) : app_(app), settings_(settings) {}

  // Settings of settings.h, which write into the context's settings.
  void Set(std::initializer_list<std::string_view> keys);
  void SetEngine();  // what every command takes that runs a model
  void SetFetch();   // what every command takes that may have to fetch one

  // Flags that only this command has. names: "-f,--force"; value_name: "FILE".
  void Switch(const char* names, bool& on, const char* help);
  void Text(const char* names, std::string& text, const char* value_name, const char* help);
  // May be given several times.
  void Texts(const char* names, std::vector<std::string>& texts, const char* value_name,
             const char* help);
  void Number(const char* names, int64_t& number, const char* value_name, const char* help,
              int64_t least, int64_t most);
  // A flag whose value may be left out: then it is the first of the choices ("text|dot").
  void Choice(const char* names, std::string& choice, const char* choices, const char* help);

  // Arguments, in this order.
  enum class Need { kRequired, kOptional };
  void Argument(const char* name, std::string& text, const std::string& help, Need need);
  void Argument(const char* name, std::optional<std::string>& text, const std::string& help);
  // The last ones: between least and most, or any number.
  void Arguments(const char* name, std::vector<std::string>& texts, const char* help, int least,
                 int most);
  void Arguments(const char* name, std::vector<std::string>& texts, const char* help);

  void Alias(const char* name);

  // Whether the command takes it: "--fit-context".
  bool Has(std::string_view flag) const;

 private:
  void SetSwitch(const SettingInfo& setting);
  void SetList(const SettingInfo& setting, std::vector<std::string> Settings::*field);
  void SetValue(const SettingInfo& setting);

  CLI::App& app_;
  Settings& settings_;
};

}  // namespace ingle
