#include "models/huggingface/model_card.h"

#include <algorithm>
#include <utility>

namespace ingle {
namespace {

constexpr size_t kLongestWord = 512;

std::string_view TakeLine(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Without quotes, without a comment.
std::string Word(std::string_view text) {
  text = Trimmed(text);
  if (!text.empty() && (text[0] == '"' || text[0] == '\'')) {
    const size_t end = text.find(text[0], 1);
    text = end == std::string_view::npos ? std::string_view() : text.substr(1, end - 1);
  } else {
    text = Trimmed(text.substr(0, text.find(" #")));
  }
  const bool plain =
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7F; });
  return plain && text.size() <= kLongestWord ? std::string(text) : std::string();
}

}  // namespace

ModelCard ReadModelCard(std::string_view readme) {
  ModelCard card;
  if (readme.starts_with("\xEF\xBB\xBF")) readme.remove_prefix(3);
  if (TakeLine(readme) != "---") return card;
  const std::pair<std::string_view, std::string*> fields[] = {{"license", &card.license},
                                                              {"license_name", &card.license_name},
                                                              {"license_link", &card.license_link}};
  std::string* list = nullptr;  // the field whose items follow
  while (!readme.empty()) {
    const std::string_view line = TakeLine(readme);
    if (line == "---") break;
    const std::string_view item = Trimmed(line);
    if (item.starts_with("- ")) {
      if (list != nullptr && list->empty()) *list = Word(item.substr(2));
      continue;
    }
    list = nullptr;
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    for (const auto& [name, value] : fields) {
      if (line.substr(0, colon) != name) continue;
      *value = Word(line.substr(colon + 1));
      list = value;
    }
  }
  return card;
}

}  // namespace ingle
