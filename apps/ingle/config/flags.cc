#include "config/flags.h"

#include <CLI/CLI.hpp>

namespace ingle {
namespace {

constexpr auto kTakeLast = CLI::MultiOptionPolicy::TakeLast;

void SetOrThrow(Settings& settings, const SettingInfo& setting, const std::string& text) {
  const Status set = SetFromText(settings, setting, text);
  if (!set) throw CLI::ValidationError(std::string(setting.flags), set.error().message());
}

}  // namespace

void Flags::Set(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    const SettingInfo& setting = *FindSetting(key);
    if (const auto* list = std::get_if<std::vector<std::string> Settings::*>(&setting.field)) {
      SetList(setting, *list);
    } else if (setting.value_name.empty()) {
      SetSwitch(setting);
    } else {
      SetValue(setting);
    }
  }
}

void Flags::SetEngine() {
  Set({"ctx_size", "fit_context", "check_memory", "threads", "batch_size", "device", "cache_type",
       "keep_panels", "tune"});
  SetFetch();
}

void Flags::SetFetch() { Set({"offline", "quiet"}); }

// "--think,!--no-think" are two flags, of which the second sets the opposite.
void Flags::SetSwitch(const SettingInfo& setting) {
  const size_t opposite = setting.flags.find(",!");
  const auto add = [&](std::string_view names, bool value, std::string_view help) {
    app_.add_flag_function(
            std::string(names),
            [this, &setting, value](int64_t count) {
              SetOrThrow(settings_, setting, (count > 0) == value ? "true" : "false");
            },
            std::string(help))
        ->multi_option_policy(kTakeLast);
  };
  add(setting.flags.substr(0, opposite), true, setting.help);
  if (opposite != std::string_view::npos) {
    add(setting.flags.substr(opposite + 2), false, "the opposite");
  }
}

void Flags::SetList(const SettingInfo& setting, std::vector<std::string> Settings::*field) {
  app_.add_option_function<std::vector<std::string>>(
          std::string(setting.flags),
          [this, &setting, field](const std::vector<std::string>& elements) {
            (settings_.*field).clear();
            for (const std::string& element : elements) SetOrThrow(settings_, setting, element);
          },
          std::string(setting.help))
      ->type_name(std::string(setting.value_name))
      ->allow_extra_args(false);
}

void Flags::SetValue(const SettingInfo& setting) {
  std::string help(setting.help);
  const std::string value = ValueText(settings_, setting);
  if (!value.empty()) help += Cat(" [", value, "]");
  app_.add_option_function<std::string>(
          std::string(setting.flags),
          [this, &setting](const std::string& text) { SetOrThrow(settings_, setting, text); }, help)
      ->type_name(std::string(setting.value_name))
      ->multi_option_policy(kTakeLast);
}

void Flags::Switch(const char* names, bool& on, const char* help) {
  app_.add_flag(names, on, help)->multi_option_policy(kTakeLast);
}

void Flags::Text(const char* names, std::string& text, const char* value_name, const char* help) {
  app_.add_option(names, text, help)->type_name(value_name)->multi_option_policy(kTakeLast);
}

void Flags::Texts(const char* names, std::vector<std::string>& texts, const char* value_name,
                  const char* help) {
  app_.add_option(names, texts, help)->type_name(value_name)->allow_extra_args(false);
}

void Flags::Number(const char* names, int64_t& number, const char* value_name, const char* help,
                   int64_t least, int64_t most) {
  app_.add_option(names, number, help)
      ->type_name(value_name)
      ->multi_option_policy(kTakeLast)
      ->check(CLI::Range(least, most).description(""));
}

void Flags::Choice(const char* names, std::string& choice, const char* choices, const char* help) {
  const std::vector<std::string> all = CLI::detail::split(choices, '|');
  app_.add_option(names, choice, help)
      ->type_name(choices)
      ->expected(0, 1)
      ->default_str(all.front())
      ->multi_option_policy(kTakeLast)
      ->check(CLI::IsMember(all).description(""));
}

void Flags::Argument(const char* name, std::string& text, const std::string& help, Need need) {
  app_.add_option(name, text, help)->type_name("")->required(need == Need::kRequired);
}

void Flags::Argument(const char* name, std::optional<std::string>& text, const std::string& help) {
  app_.add_option(name, text, help)->type_name("");
}

void Flags::Arguments(const char* name, std::vector<std::string>& texts, const char* help,
                      int least, int most) {
  app_.add_option(name, texts, help)->type_name("")->required()->expected(least, most);
}

void Flags::Arguments(const char* name, std::vector<std::string>& texts, const char* help) {
  app_.add_option(name, texts, help)
      ->type_name("")
      ->expected(0, CLI::detail::expected_max_vector_size);
}

void Flags::Alias(const char* name) { app_.alias(name); }

bool Flags::Has(std::string_view flag) const {
  return app_.get_option_no_throw(std::string(flag)) != nullptr;
}

}  // namespace ingle
