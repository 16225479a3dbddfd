#include "models/config_reader.h"

#include <algorithm>
#include <cmath>

namespace ingle {

template <class T>
std::optional<T> ConfigReader::Keep(const Result<std::optional<T>>& read) {
  if (read) return *read;
  if (!error_) error_ = read.error();
  return std::nullopt;
}

uint32_t ConfigReader::Count(std::string_view key, uint32_t limit,
                             std::optional<uint32_t> fallback) {
  const bool had_error = error_.has_value();
  const std::optional<uint64_t> value = Keep(checkpoint_.Uint(key));
  if (!value) {
    if (fallback) return *fallback;
    if (!error_ || had_error) Reject(key, "is missing");
    return 1;
  }
  if (*value < 1 || *value > limit) {
    Reject(key, Cat("is ", *value, ", outside 1 to ", limit));
    return 1;
  }
  return static_cast<uint32_t>(*value);
}

std::vector<uint32_t> ConfigReader::Counts(std::string_view key, uint32_t layers, uint32_t limit,
                                           std::optional<uint32_t> fallback) {
  if (!HasList(key)) return std::vector<uint32_t>(layers, Count(key, limit, fallback));
  const std::vector<int64_t> listed = Ints(key);
  if (listed.size() != layers) {
    Reject(key, Cat("has ", listed.size(), " entries for ", layers, " layers"));
  }
  std::vector<uint32_t> counts;
  for (const int64_t count : listed) {
    if (count < 0 || count > limit) Reject(key, Cat("holds ", count, ", outside 0 to ", limit));
    counts.push_back(static_cast<uint32_t>(std::clamp<int64_t>(count, 0, limit)));
  }
  counts.resize(layers, 1);
  return counts;
}

double ConfigReader::Number(std::string_view key, double low, double high,
                            std::optional<double> fallback) {
  const bool had_error = error_.has_value();
  const std::optional<double> value = Keep(checkpoint_.Float(key));
  if (!value) {
    if (fallback) return *fallback;
    if (!error_ || had_error) Reject(key, "is missing");
    return low;
  }
  if (!(*value >= low && *value <= high)) {  // NaN is outside too
    Reject(key, Cat("is ", *value, ", outside ", low, " to ", high));
    return low;
  }
  return *value;
}

std::string ConfigReader::Text(std::string_view key, std::string_view fallback) {
  return Keep(checkpoint_.String(key)).value_or(std::string(fallback));
}

std::vector<int64_t> ConfigReader::Ints(std::string_view key) {
  return Keep(checkpoint_.Ints(key)).value_or(std::vector<int64_t>());
}

std::vector<std::string> ConfigReader::Texts(std::string_view key) {
  return Keep(checkpoint_.Strings(key)).value_or(std::vector<std::string>());
}

bool ConfigReader::Flag(std::string_view key, bool fallback) {
  const std::vector<int64_t> flag = Ints(key);
  if (flag.size() > 1) Reject(key, "is a list, where true or false is needed");
  return flag.size() == 1 ? flag[0] != 0 : fallback;
}

std::vector<double> ConfigReader::Numbers(std::string_view key) {
  return Keep(checkpoint_.Floats(key)).value_or(std::vector<double>());
}

bool ConfigReader::Has(std::string_view key) {
  // Whatever its type: a field of the wrong type is there.
  const auto value = checkpoint_.Float(key);
  return !value || value->has_value();
}

bool ConfigReader::HasList(std::string_view key) {
  return !checkpoint_.Float(key) && checkpoint_.Ints(key);
}

void ConfigReader::Reject(std::string_view key, std::string_view problem) {
  Reject(ErrorCode::kCorrupt, key, problem);
}

void ConfigReader::Reject(ErrorCode code, std::string_view key, std::string_view problem) {
  if (!error_) error_ = Error(code, Cat("field ", checkpoint_.FieldName(key), " ", problem));
}

void ConfigReader::Keep(const Error& error) {
  if (!error_) error_ = error;
}

Status ConfigReader::status() const {
  if (error_) return Fail(*error_);
  return {};
}

}  // namespace ingle
