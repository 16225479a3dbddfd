// A component of tokenizer.json, read field by field: each has to be known, and of the right kind.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace ingle {

// The first error is kept, and later reads give what they were told to give otherwise. Not thread
// safe.
class JsonReader {
 public:
  // path: "tokenizer.json: pre_tokenizer", for messages. The JSON must outlive the reader.
  JsonReader(const nlohmann::json& json, std::string path) : json_(json), path_(std::move(path)) {
    if (!json.is_object()) Refuse(ErrorCode::kCorrupt, "is no object");
  }

  std::string Text(std::string_view name, std::string_view otherwise);
  std::string Text(std::string_view name);  // which has to be there
  bool Flag(std::string_view name, bool otherwise);
  int64_t Integer(std::string_view name, int64_t otherwise);
  // Null where the field is missing or null.
  const nlohmann::json& Any(std::string_view name);
  void Ignore(std::initializer_list<std::string_view> names);

  void Refuse(ErrorCode code, std::string_view why);
  void Refuse(ErrorCode code, std::string_view field, std::string_view why);

  // The first error; a field that nothing asked for is one.
  Status Finish();

  bool failed() const { return error_.has_value(); }
  const std::string& path() const { return path_; }
  std::string PathOf(std::string_view field) const { return Cat(path_, ".", field); }

 private:
  const nlohmann::json& json_;
  std::string path_;
  std::vector<std::string> asked_;
  std::optional<Error> error_;
};

}  // namespace ingle
