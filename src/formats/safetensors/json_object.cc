#include "formats/safetensors/json_object.h"

#include <set>
#include <string>
#include <vector>

namespace ingle {

using nlohmann::json;

Result<json> ParseJsonObject(std::string_view text, int depth) {
  std::vector<std::set<std::string, std::less<>>> keys;  // of the objects that are open
  std::string problem;
  const auto look = [&](int level, json::parse_event_t event, json& parsed) {
    if (level > depth && problem.empty()) problem = "is nested too deeply";
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key && problem.empty()) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys.back().insert(key).second) problem = Cat("has the key ", Quote(key), " twice");
    }
    return problem.empty();
  };
  json object = json::parse(text.begin(), text.end(), look, false);
  if (!problem.empty()) return Fail(ErrorCode::kCorrupt, problem);
  if (!object.is_object()) return Fail(ErrorCode::kCorrupt, "is not a JSON object");
  return object;
}

}  // namespace ingle
