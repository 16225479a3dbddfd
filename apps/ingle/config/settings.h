// What can be set in three places: a flag, over an environment variable, over the configuration
// file. One table names all of it; flags, environment, file, /set and doctor read that table.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"

namespace ingle {

struct Settings {
  std::string model = "smollm2";

  float temp = 0.8f;
  int top_k = 40;
  float top_p = 0.95f;
  float min_p = 0.05f;
  float repeat_penalty = 1.0f;
  float presence_penalty = 0.0f;
  float frequency_penalty = 0.0f;
  std::optional<uint64_t> seed;  // absent: a new one for each run

  int predict = -1;
  std::vector<std::string> stop;
  std::string system;
  std::optional<bool> think;  // absent: what the template does
  bool show_thinking = false;
  bool stats = false;
  std::string speculate = "auto";
  std::string draft;  // empty: no draft model

  int ctx_size = 0;  // 0: what the model was trained for
  bool fit_context = false;
  bool check_memory = true;
  int threads = 0;  // 0: as many as were found to suit the model, or one a core
  int batch_size = 512;
  std::string device = "cpu";
  std::string cache_type = "auto";
  bool keep_panels = true;
  bool tune = true;

  bool offline = false;
  bool quiet = false;
};

using SettingField =
    std::variant<bool Settings::*, std::optional<bool> Settings::*, int Settings::*,
                 float Settings::*, std::optional<uint64_t> Settings::*, std::string Settings::*,
                 std::vector<std::string> Settings::*>;

struct SettingInfo {
  std::string_view key;         // in the configuration file: "top_k"; INGLE_TOP_K beside it
  std::string_view flags;       // "--top-k"; empty when there is none
  std::string_view value_name;  // "N"; empty for switches
  std::string_view help;
  SettingField field;
  double least = 0;  // of numbers
  double most = 0;
  std::string_view choices = {};  // "cpu|reference"; empty when any text will do
};

std::span<const SettingInfo> AllSettings();
// Null when there is none.
const SettingInfo* FindSetting(std::string_view key);

std::string EnvironmentName(const SettingInfo& setting);

// Sets one from text, as a flag, the environment and /set give it. For a list, text is one more
// element. Fails with kInvalidArgument; the message does not name the setting.
Status SetFromText(Settings& settings, const SettingInfo& setting, std::string_view text);

// The value as text; empty when there is none.
std::string ValueText(const Settings& settings, const SettingInfo& setting);

// Where each setting's value came from: "INGLE_TEMP", "config.toml line 3". By key; no entry means
// the default.
using Origins = std::map<std::string, std::string, std::less<>>;

// Takes the INGLE_* variables over. Fails naming the variable, INGLE_CPU too.
Status ApplyEnvironment(Settings& settings, Origins& origins);

// INGLE_* variables that are set and that nothing reads: a name misspelt.
std::vector<std::string> UnknownVariables();

}  // namespace ingle
