#include "config/config_file.h"

#include "config/toml_file.h"
#include "files/file_io.h"

namespace ingle {
namespace {

// What SetFromText is to read, or why the node cannot be one; one overload a kind of field.
struct NodeText {
  const toml::node& node;

  Result<std::string> operator()(bool Settings::*) const { return BoolText(); }
  Result<std::string> operator()(std::optional<bool> Settings::*) const { return BoolText(); }
  Result<std::string> operator()(int Settings::*) const { return IntegerText(); }
  Result<std::string> operator()(std::optional<uint64_t> Settings::*) const {
    return IntegerText();
  }
  Result<std::string> operator()(float Settings::*) const {
    if (const auto number = node.value_exact<double>()) return Cat(*number);
    return node.is_integer() ? IntegerText() : Wrong("a number");
  }
  Result<std::string> operator()(std::string Settings::*) const { return StringText(); }
  Result<std::string> operator()(std::vector<std::string> Settings::*) const {
    return StringText();
  }

 private:
  static Result<std::string> Wrong(std::string_view wanted) {
    return Fail(ErrorCode::kCorrupt, "not ", wanted);
  }
  Result<std::string> BoolText() const {
    const auto value = node.value_exact<bool>();
    return value ? Result<std::string>(*value ? "true" : "false") : Wrong("true or false");
  }
  Result<std::string> IntegerText() const {
    const auto value = node.value_exact<int64_t>();
    return value ? Result<std::string>(Cat(*value)) : Wrong("a whole number");
  }
  Result<std::string> StringText() const {
    const auto value = node.value_exact<std::string>();
    return value ? Result<std::string>(*value) : Wrong("a string");
  }
};

Status ApplyNode(const toml::node& node, const SettingInfo& setting, Settings& settings) {
  const Result<std::string> text = std::visit(NodeText{node}, setting.field);
  if (!text) return Fail(text.error());
  return SetFromText(settings, setting, *text);
}

// A list may be written as an array of strings or as one string.
Status ApplySetting(const toml::node& node, const SettingInfo& setting, Settings& settings) {
  const toml::array* array = node.as_array();
  const bool is_list = std::holds_alternative<std::vector<std::string> Settings::*>(setting.field);
  if (array == nullptr || !is_list) return ApplyNode(node, setting, settings);
  for (const toml::node& element : *array) {
    const Status set = ApplyNode(element, setting, settings);
    if (!set) return set;
  }
  return {};
}

}  // namespace

Status ApplyConfigFile(const std::string& path, Settings& settings, Origins& origins) {
  const Result<toml::table> parsed = ParseTomlFile(path);
  if (!parsed) {
    if (parsed.error().code() == ErrorCode::kNotFound) return {};
    return Fail(parsed.error());
  }
  const TomlTable top(*parsed, path, "");
  for (const auto& [key, node] : *parsed) {
    const SettingInfo* setting = FindSetting(key.str());
    if (setting == nullptr) {
      return Fail(ErrorCode::kCorrupt, top.Where(node, key.str()), ": no such setting");
    }
    const Status set = ApplySetting(node, *setting, settings);
    if (!set) return Fail(set.error(), top.Where(node, key.str()));
    origins[std::string(setting->key)] = Cat(path, ":", LineOf(node));
  }
  return {};
}

}  // namespace ingle
