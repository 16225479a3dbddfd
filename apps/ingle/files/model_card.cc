#include "files/model_card.h"

#include <optional>

namespace ingle {
namespace {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

// A YAML scalar as these cards have them, or the first of a list of such.
std::string_view Scalar(std::string_view text) {
  text = Trimmed(text);
  if (text.starts_with('[')) text = Trimmed(text.substr(1, text.find_first_of(",]") - 1));
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
      text.back() == text.front()) {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

std::string_view TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return line;
}

// What stands behind "KEY:" at the beginning of the line.
std::optional<std::string_view> Field(std::string_view line, std::string_view key) {
  if (!line.starts_with(key) || !line.substr(key.size()).starts_with(':')) return std::nullopt;
  return Scalar(line.substr(key.size() + 1));
}

}  // namespace

std::string LicenceOfCard(std::string_view text) {
  if (Trimmed(TakeLine(text)) != "---") return "";
  std::string_view licence;
  std::string_view name;
  while (!text.empty()) {
    const std::string_view line = TakeLine(text);
    if (Trimmed(line) == "---") break;
    if (const auto value = Field(line, "license")) {
      licence = *value;
      // A list has its first element on the next line.
      const std::string_view next = Trimmed(text.substr(0, text.find('\n')));
      if (licence.empty() && next.starts_with("- ")) licence = Scalar(next.substr(2));
    }
    if (const auto value = Field(line, "license_name")) name = *value;
  }
  return std::string(licence == "other" && !name.empty() ? name : licence);
}

}  // namespace ingle
