#include "tokenizer/charsmap.h"

#include "tokenizer/grapheme.h"
#include "tokenizer/text_chars.h"

namespace ingle {
namespace {

// The longest cluster, in bytes, that is looked up as a whole.
constexpr size_t kLongestCluster = 5;

uint32_t ReadUnit(std::string_view bytes) {
  uint32_t unit = 0;
  for (int i = 3; i >= 0; --i) unit = unit << 8 | static_cast<unsigned char>(bytes[i]);
  return unit;
}

// A unit says which byte leads to it, whether a key ends there, and where its children are.
bool EndsKey(uint32_t unit) { return (unit >> 8 & 1) != 0; }
uint32_t LabelOf(uint32_t unit) { return unit & 0x800000FF; }
uint32_t OffsetOf(uint32_t unit) { return unit >> 10 << ((unit & 1u << 9) >> 6); }
uint32_t ValueOf(uint32_t unit) { return unit & 0x7FFFFFFF; }

}  // namespace

Result<Charsmap> Charsmap::Create(std::string_view bytes) {
  constexpr size_t kUnit = sizeof(uint32_t);
  const uint32_t trie_size = bytes.size() >= kUnit ? ReadUnit(bytes) : 0;
  if (trie_size == 0 || trie_size % kUnit != 0 || trie_size > bytes.size() - kUnit) {
    return Fail(ErrorCode::kCorrupt, "the precompiled charsmap has ", bytes.size(),
                " bytes; its trie does not lie within, in units of ", kUnit);
  }
  Charsmap map;
  map.units_.reserve(trie_size / kUnit);
  for (size_t at = kUnit; at < kUnit + trie_size; at += kUnit) {
    map.units_.push_back(ReadUnit(bytes.substr(at)));
  }
  map.texts_ = bytes.substr(kUnit + trie_size);
  for (size_t c = 0; c < map.ascii_changes_.size(); ++c) {
    const char byte = static_cast<char>(c);
    map.ascii_changes_[c] = map.Find({&byte, 1}).has_value();
  }
  return map;
}

std::optional<std::string_view> Charsmap::Find(std::string_view chunk) const {
  uint32_t at = OffsetOf(units_[0]);
  for (const char c : chunk) {
    const auto label = static_cast<unsigned char>(c);
    at ^= label;
    if (label == 0 || at >= units_.size() || LabelOf(units_[at]) != label) return std::nullopt;
    const uint32_t unit = units_[at];
    at ^= OffsetOf(unit);
    if (!EndsKey(unit)) continue;
    if (at >= units_.size() || ValueOf(units_[at]) > texts_.size()) return std::nullopt;
    const std::string_view text = std::string_view(texts_).substr(ValueOf(units_[at]));
    return text.substr(0, text.find('\0'));
  }
  return std::nullopt;
}

void Charsmap::AppendCluster(std::string_view cluster, std::string& out) const {
  if (cluster.size() <= kLongestCluster) {
    if (const auto found = Find(cluster)) {
      out += *found;
      return;
    }
  }
  ForEachChar(cluster, [&](const TextChar& c) {
    out += Find(c.valid ? c.bytes : std::string_view("\uFFFD")).value_or(c.bytes);
  });
}

std::string Charsmap::Normalize(std::string_view text) const {
  std::string out;
  out.reserve(text.size());
  for (size_t pos = 0; pos < text.size();) {
    const auto byte = static_cast<unsigned char>(text[pos]);
    const bool next_is_ascii =
        pos + 1 == text.size() || static_cast<unsigned char>(text[pos + 1]) < 0x80;
    if (byte < 0x80 && next_is_ascii && !ascii_changes_[byte]) {
      out += text[pos++];
      continue;
    }
    const size_t length = GraphemeLength(text.substr(pos));
    AppendCluster(text.substr(pos, length), out);
    pos += length;
  }
  return out;
}

}  // namespace ingle
