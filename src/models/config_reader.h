// Reads hyper-parameters with their bounds.
//
// A hyper-parameter is a number from a stranger. Each is held against a limit that no real model
// comes near but under which nothing downstream can overflow or exhaust memory.
#pragma once

#include <optional>
#include <string>

#include "models/checkpoint.h"

namespace ingle {

// Keeps the first error, so that a configuration is read as a list: status() afterwards tells.
class ConfigReader {
 public:
  explicit ConfigReader(const Checkpoint& checkpoint) : checkpoint_(checkpoint) {}

  // A count in [1, limit]. Missing is an error without a fallback.
  uint32_t Count(std::string_view key, uint32_t limit, std::optional<uint32_t> fallback = {});

  // One for each of `layers` layers, in [0, limit]; or one count for all, in [1, limit].
  std::vector<uint32_t> Counts(std::string_view key, uint32_t layers, uint32_t limit,
                               std::optional<uint32_t> fallback = {});

  // A finite number in [low, high].
  double Number(std::string_view key, double low, double high, std::optional<double> fallback = {});

  std::string Text(std::string_view key, std::string_view fallback);

  bool Flag(std::string_view key, bool fallback);

  // Empty where the file does not say.
  std::vector<double> Numbers(std::string_view key);
  std::vector<int64_t> Ints(std::string_view key);
  std::vector<std::string> Texts(std::string_view key);

  bool Has(std::string_view key);
  // A list of whole numbers or flags, be it of one.
  bool HasList(std::string_view key);

  // Records that a field holds something it must not.
  void Reject(std::string_view key, std::string_view problem);
  void Reject(ErrorCode code, std::string_view key, std::string_view problem);

  // Records another error; the first one stays.
  void Keep(const Error& error);

  Status status() const;

 private:
  template <class T>
  std::optional<T> Keep(const Result<std::optional<T>>& read);

  const Checkpoint& checkpoint_;
  std::optional<Error> error_;
};

}  // namespace ingle
