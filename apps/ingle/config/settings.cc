#include "config/settings.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdlib>

#include <unistd.h>

#include "base/cpu.h"
#include "config/paths.h"
#include "terminal/units.h"

namespace ingle {
namespace {

using S = Settings;
constexpr double kMaxInt = 2147483647;
constexpr double kAnyFloat = 1e30;

constexpr std::string_view kVariablePrefix = "INGLE_";
// Those that are no settings; docs/configuration.md says what they do.
constexpr std::string_view kOtherVariables[] = {"INGLE_CATALOGUE", "INGLE_CPU", "INGLE_HOME",
                                                "INGLE_MODELS", "INGLE_PIP"};

const std::array kSettings = {
    SettingInfo{"model", "", "MODEL", "the model when none is named", &S::model},
    SettingInfo{"temp", "--temp", "T", "temperature; 0 always takes the likeliest token", &S::temp,
                0, kAnyFloat},
    SettingInfo{"top_k", "--top-k", "N", "draw from the N likeliest tokens; 0: from all", &S::top_k,
                0, kMaxInt},
    SettingInfo{"top_p", "--top-p", "P",
                "draw from the likeliest tokens that make up probability P; 1: from all", &S::top_p,
                0, 1},
    SettingInfo{"min_p", "--min-p", "P",
                "leave out tokens below P times the likeliest one's probability; 0: none",
                &S::min_p, 0, 1},
    SettingInfo{"repeat_penalty", "--repeat-penalty", "X",
                "make tokens that occurred less likely; 1: do not", &S::repeat_penalty, 1e-6,
                kAnyFloat},
    SettingInfo{"presence_penalty", "--presence-penalty", "X",
                "subtract X from the logit of a token that occurred", &S::presence_penalty,
                -kAnyFloat, kAnyFloat},
    SettingInfo{"frequency_penalty", "--frequency-penalty", "X",
                "subtract X from a token's logit for each time that it occurred",
                &S::frequency_penalty, -kAnyFloat, kAnyFloat},
    SettingInfo{"seed", "--seed", "N", "seed of the random draws; absent: a new one each time",
                &S::seed},
    SettingInfo{"predict", "-n,--predict", "N",
                "generate N tokens at most; -1: until the model ends or the context is full",
                &S::predict, -1, kMaxInt},
    SettingInfo{"stop", "--stop", "TEXT", "end the answer where TEXT occurs; may be repeated",
                &S::stop},
    SettingInfo{"system", "--system", "TEXT", "the system message", &S::system},
    SettingInfo{"think", "--think,!--no-think", "", "let a model that can think do so first",
                &S::think},
    SettingInfo{"show_thinking", "--show-thinking", "",
                "print thinking too where the answer is not shown on a terminal",
                &S::show_thinking},
    SettingInfo{"stats", "--stats", "", "print counts and speeds on standard error", &S::stats},
    SettingInfo{"speculate", "--speculate", "WHEN",
                "guess tokens ahead and check several in a step: where it is measured to pay, "
                "or never, or always",
                &S::speculate, 0, 0, "auto|off|always"},
    SettingInfo{"draft", "--draft", "MODEL",
                "a smaller model of the same vocabulary that guesses, too", &S::draft},
    SettingInfo{"ctx_size", "-c,--ctx-size", "N",
                "context in tokens; 0: what the model was trained for", &S::ctx_size, 0, kMaxInt},
    SettingInfo{"fit_context", "--fit-context", "",
                "where the context does not fit memory, the longest that does", &S::fit_context},
    SettingInfo{"check_memory", "--check-memory,!--no-check-memory", "",
                "refuse a model that does not fit memory", &S::check_memory},
    SettingInfo{"threads", "-t,--threads", "N", "threads; 0: one for each core", &S::threads, 0,
                4096},
    SettingInfo{"batch_size", "--batch-size", "N", "tokens computed in one step at most",
                &S::batch_size, 1, 65536},
    SettingInfo{"device", "--device", "NAME",
                "cpu, or reference: one plain operation after the other, slow and exact",
                &S::device, 0, 0, "cpu|reference"},
    SettingInfo{"cache_type", "--cache-type", "TYPE", "what keys and values are kept in",
                &S::cache_type, 0, 0, "auto|f32|f16|q8_0|q4_0"},
    SettingInfo{"keep_panels", "--keep-panels,!--no-keep-panels", "",
                "keep weights on disk as this processor takes them, for a quick start",
                &S::keep_panels},
    SettingInfo{"tune", "--tune,!--no-tune", "",
                "measure once how many threads suit a model, where there are four or more",
                &S::tune},
    SettingInfo{"offline", "--offline", "", "never use the network", &S::offline},
    SettingInfo{"quiet", "-q,--quiet", "", "no progress on standard error", &S::quiet},
};

std::optional<bool> BoolFromText(std::string_view text) {
  for (const std::string_view yes : {"true", "1", "yes", "on"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"false", "0", "no", "off"}) {
    if (text == no) return false;
  }
  return std::nullopt;
}

// Without an exponent, as long as that is short.
std::string Digits(double number) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.15g", number);
  return text;
}

Result<double> NumberFromText(std::string_view text, const SettingInfo& setting, bool whole) {
  const std::string copy(text);
  char* end = nullptr;
  const double number = std::strtod(copy.c_str(), &end);
  const bool spaced = !copy.empty() && std::isspace(static_cast<unsigned char>(copy.front())) != 0;
  if (copy.empty() || spaced || *end != '\0' || !std::isfinite(number)) {
    return Fail(ErrorCode::kInvalidArgument, Quote(text), " is not a number");
  }
  if (whole && number != std::floor(number)) {
    return Fail(ErrorCode::kInvalidArgument, Quote(text), " is not a whole number");
  }
  if (number < setting.least) {
    return Fail(ErrorCode::kInvalidArgument, copy, " is less than ", Digits(setting.least));
  }
  if (number > setting.most) {
    return Fail(ErrorCode::kInvalidArgument, copy, " is more than ", Digits(setting.most));
  }
  return number;
}

Result<uint64_t> SeedFromText(std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  errno = 0;
  const bool digit = !copy.empty() && std::isdigit(static_cast<unsigned char>(copy.front())) != 0;
  const uint64_t seed = std::strtoull(copy.c_str(), &end, 10);
  if (!digit || *end != '\0' || errno != 0) {
    return Fail(ErrorCode::kInvalidArgument, Quote(text),
                " is not a whole number from 0 to 2^64-1");
  }
  return seed;
}

bool IsChoice(std::string_view choices, std::string_view text) {
  while (!choices.empty()) {
    const size_t bar = choices.find('|');
    if (choices.substr(0, bar) == text) return true;
    if (bar == std::string_view::npos) break;
    choices.remove_prefix(bar + 1);
  }
  return false;
}

// Sets one field from text; one overload a kind of field.
struct FieldSetter {
  Settings& settings;
  const SettingInfo& setting;
  std::string_view text;

  Status operator()(bool Settings::*field) const { return SetBool(settings.*field); }
  Status operator()(std::optional<bool> Settings::*field) const { return SetBool(settings.*field); }
  Status operator()(int Settings::*field) const {
    const Result<double> number = NumberFromText(text, setting, true);
    if (!number) return Fail(number.error());
    settings.*field = static_cast<int>(*number);
    return {};
  }
  Status operator()(float Settings::*field) const {
    const Result<double> number = NumberFromText(text, setting, false);
    if (!number) return Fail(number.error());
    settings.*field = static_cast<float>(*number);
    return {};
  }
  Status operator()(std::optional<uint64_t> Settings::*field) const {
    const Result<uint64_t> seed = SeedFromText(text);
    if (!seed) return Fail(seed.error());
    settings.*field = *seed;
    return {};
  }
  Status operator()(std::string Settings::*field) const {
    if (!setting.choices.empty() && !IsChoice(setting.choices, text)) {
      return Fail(ErrorCode::kInvalidArgument, Quote(text), " is none of ", setting.choices);
    }
    settings.*field = std::string(text);
    return {};
  }
  Status operator()(std::vector<std::string> Settings::*field) const {
    if (text.empty()) return Fail(ErrorCode::kInvalidArgument, "an empty text stops nothing");
    (settings.*field).emplace_back(text);
    return {};
  }

 private:
  template <class Field>
  Status SetBool(Field& field) const {
    const std::optional<bool> read = BoolFromText(text);
    if (!read) return Fail(ErrorCode::kInvalidArgument, Quote(text), " is neither true nor false");
    const bool value = *read;
    field = value;
    return {};
  }
};

struct FieldText {
  const Settings& settings;

  std::string operator()(bool Settings::*field) const { return settings.*field ? "true" : "false"; }
  std::string operator()(std::optional<bool> Settings::*field) const {
    if (!(settings.*field).has_value()) return "";
    return *(settings.*field) ? "true" : "false";
  }
  std::string operator()(int Settings::*field) const { return Cat(settings.*field); }
  std::string operator()(float Settings::*field) const { return Cat(settings.*field); }
  std::string operator()(std::optional<uint64_t> Settings::*field) const {
    return (settings.*field).has_value() ? Cat(*(settings.*field)) : "";
  }
  std::string operator()(std::string Settings::*field) const { return settings.*field; }
  std::string operator()(std::vector<std::string> Settings::*field) const {
    std::string joined;
    for (const std::string& element : settings.*field) {
      joined += Cat(joined.empty() ? "" : ", ", Quote(element));
    }
    return joined;
  }
};

bool IsKnownVariable(std::string_view name) {
  return std::find(std::begin(kOtherVariables), std::end(kOtherVariables), name) !=
             std::end(kOtherVariables) ||
         std::any_of(kSettings.begin(), kSettings.end(), [name](const SettingInfo& setting) {
           return EnvironmentName(setting) == name;
         });
}

}  // namespace

std::span<const SettingInfo> AllSettings() { return kSettings; }

const SettingInfo* FindSetting(std::string_view key) {
  const auto found = std::find_if(kSettings.begin(), kSettings.end(),
                                  [key](const SettingInfo& setting) { return setting.key == key; });
  return found != kSettings.end() ? &*found : nullptr;
}

std::string EnvironmentName(const SettingInfo& setting) {
  std::string name(kVariablePrefix);
  for (const char c : setting.key) {
    name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

Status SetFromText(Settings& settings, const SettingInfo& setting, std::string_view text) {
  return std::visit(FieldSetter{settings, setting, text}, setting.field);
}

std::string ValueText(const Settings& settings, const SettingInfo& setting) {
  return std::visit(FieldText{settings}, setting.field);
}

Status ApplyEnvironment(Settings& settings, Origins& origins) {
  for (const SettingInfo& setting : kSettings) {
    const std::string name = EnvironmentName(setting);
    const std::string text = Environment(name.c_str());
    if (text.empty()) continue;
    // One layer replaces another whole, lists too.
    if (const auto* list = std::get_if<std::vector<std::string> Settings::*>(&setting.field)) {
      (settings.**list).clear();
    }
    const Status set = SetFromText(settings, setting, text);
    if (!set) return Fail(set.error(), "environment variable ", name);
    origins[std::string(setting.key)] = name;
  }
  const std::string cpu = Environment("INGLE_CPU");
  if (!cpu.empty() && !IsCpuChoice(cpu)) {
    return Fail(ErrorCode::kInvalidArgument, "environment variable INGLE_CPU: ", Quote(cpu),
                " is none of this processor's kind: ", CpuChoices());
  }
  return {};
}

std::vector<std::string> UnknownVariables() {
  std::vector<std::string> unknown;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const std::string_view name = text.substr(0, text.find('='));
    if (name.starts_with(kVariablePrefix) && !IsKnownVariable(name)) unknown.emplace_back(name);
  }
  std::sort(unknown.begin(), unknown.end());
  return unknown;
}

}  // namespace ingle
