#include "tokenizer/huggingface/json_reader.h"

#include <algorithm>

namespace ingle {

const nlohmann::json& JsonReader::Any(std::string_view name) {
  static const nlohmann::json kNull;
  asked_.emplace_back(name);
  if (!json_.is_object()) return kNull;
  const auto found = json_.find(name);
  return found == json_.end() ? kNull : *found;
}

void JsonReader::Ignore(std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) asked_.emplace_back(name);
}

std::string JsonReader::Text(std::string_view name, std::string_view otherwise) {
  const nlohmann::json& value = Any(name);
  if (value.is_null()) return std::string(otherwise);
  if (!value.is_string()) {
    Refuse(ErrorCode::kCorrupt, name, "is no text");
    return std::string(otherwise);
  }
  return value.get<std::string>();
}

std::string JsonReader::Text(std::string_view name) {
  if (Any(name).is_null()) Refuse(ErrorCode::kCorrupt, name, "is missing");
  return Text(name, "");
}

bool JsonReader::Flag(std::string_view name, bool otherwise) {
  const nlohmann::json& value = Any(name);
  if (value.is_null()) return otherwise;
  if (!value.is_boolean()) {
    Refuse(ErrorCode::kCorrupt, name, "is neither true nor false");
    return otherwise;
  }
  return value.get<bool>();
}

int64_t JsonReader::Integer(std::string_view name, int64_t otherwise) {
  const nlohmann::json& value = Any(name);
  if (value.is_null()) return otherwise;
  if (!value.is_number_integer()) {
    Refuse(ErrorCode::kCorrupt, name, "is no whole number");
    return otherwise;
  }
  return value.get<int64_t>();
}

void JsonReader::Refuse(ErrorCode code, std::string_view why) {
  if (!error_) error_ = Error(code, Cat(path_, " ", why));
}
void JsonReader::Refuse(ErrorCode code, std::string_view field, std::string_view why) {
  if (!error_) error_ = Error(code, Cat(PathOf(field), " ", why));
}

Status JsonReader::Finish() {
  if (error_) return Fail(*error_);
  for (const auto& [name, value] : json_.items()) {
    if (std::find(asked_.begin(), asked_.end(), name) != asked_.end()) continue;
    return Fail(ErrorCode::kUnsupported, PathOf(name),
                " is a field that this version does not know");
  }
  return {};
}

}  // namespace ingle
