// TOML with messages that lead to the line: "config.toml:3: top_k: ...".
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "base/error.h"

namespace ingle {

// A table of a TOML file with its place in it. Views the file's tree, which must outlive it.
class TomlTable {
 public:
  TomlTable(const toml::table& table, std::string file, std::string path)
      : table_(table), file_(std::move(file)), path_(std::move(path)) {}

  const toml::table& table() const { return table_; }

  // "FILE:LINE: KEY", for messages.
  std::string Where(const toml::node& node, std::string_view key) const;
  std::string Where(std::string_view key) const;

  Status RefuseOthers(std::initializer_list<std::string_view> known) const;

  Result<std::string> String(std::string_view key) const;
  Result<std::string> StringOr(std::string_view key, std::string_view fallback) const;
  Result<uint64_t> Uint(std::string_view key) const;
  Result<uint64_t> UintOr(std::string_view key, uint64_t fallback) const;
  Result<TomlTable> Table(std::string_view key) const;

 private:
  std::string KeyPath(std::string_view key) const;

  const toml::table& table_;
  std::string file_;
  std::string path_;  // "models.smollm2"; empty at the top
};

// Fails with kNotFound when there is no such file.
Result<toml::table> ParseTomlFile(const std::string& path);

// The line that a node begins on.
size_t LineOf(const toml::node& node);

}  // namespace ingle
