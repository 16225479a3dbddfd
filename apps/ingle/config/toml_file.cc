#include "config/toml_file.h"

#include <algorithm>

#include "files/file_io.h"

namespace ingle {
namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{4} << 20;

}  // namespace

size_t LineOf(const toml::node& node) { return node.source().begin.line; }

Result<toml::table> ParseTomlFile(const std::string& path) {
  // A pipe would wait for a writer.
  if (const Result<uint64_t> size = FileSize(path); !size) return Fail(size.error());
  const Result<std::string> text = ReadWhole(path, kMaxFileBytes);
  if (!text) return Fail(text.error());
  toml::parse_result parsed = toml::parse(*text, path);
  if (!parsed) {
    return Fail(ErrorCode::kCorrupt, path, ":", parsed.error().source().begin.line, ": ",
                parsed.error().description());
  }
  return std::move(parsed).table();
}

std::string TomlTable::KeyPath(std::string_view key) const {
  return path_.empty() ? std::string(key) : Cat(path_, ".", key);
}

std::string TomlTable::Where(const toml::node& node, std::string_view key) const {
  return Cat(file_, ":", LineOf(node), ": ", KeyPath(key));
}

std::string TomlTable::Where(std::string_view key) const {
  const toml::node* node = table_.get(key);
  return Where(node != nullptr ? *node : static_cast<const toml::node&>(table_), key);
}

Status TomlTable::RefuseOthers(std::initializer_list<std::string_view> known) const {
  for (const auto& [key, node] : table_) {
    const std::string_view name = key.str();
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return Fail(ErrorCode::kCorrupt, Where(node, name), ": no such key");
    }
  }
  return {};
}

Result<std::string> TomlTable::String(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return Fail(ErrorCode::kNotFound, Where(key), " is missing");
  const auto value = node->value_exact<std::string>();
  if (!value) return Fail(ErrorCode::kCorrupt, Where(*node, key), ": not a string");
  return *value;
}

Result<std::string> TomlTable::StringOr(std::string_view key, std::string_view fallback) const {
  if (!table_.contains(key)) return std::string(fallback);
  return String(key);
}

Result<uint64_t> TomlTable::Uint(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return Fail(ErrorCode::kNotFound, Where(key), " is missing");
  const auto value = node->value_exact<int64_t>();
  if (!value || *value < 0) {
    return Fail(ErrorCode::kCorrupt, Where(*node, key), ": not a whole number from 0 on");
  }
  return static_cast<uint64_t>(*value);
}

Result<uint64_t> TomlTable::UintOr(std::string_view key, uint64_t fallback) const {
  if (!table_.contains(key)) return fallback;
  return Uint(key);
}

Result<TomlTable> TomlTable::Table(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return Fail(ErrorCode::kNotFound, Where(key), " is missing");
  const toml::table* table = node->as_table();
  if (table == nullptr) return Fail(ErrorCode::kCorrupt, Where(*node, key), ": not a table");
  return TomlTable(*table, file_, KeyPath(key));
}

}  // namespace ingle
