// What the formats have in common about names: of tensors, of metadata keys.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string_view>
#include <vector>

namespace ingle {

constexpr uint64_t kMaxTensorNameBytes = 1024;

// Keys and names are printed in many places; what could move a terminal's cursor is refused.
inline bool HasControlBytes(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

// Positions of items, sorted by name(item). With the two below: a dictionary beside a list that
// keeps the file's order.
template <class Items, class NameOf>
std::vector<size_t> SortedByName(const Items& items, NameOf name) {
  std::vector<size_t> order(items.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return name(items[a]) < name(items[b]); });
  return order;
}

// Null when no item has the name.
template <class Items, class NameOf>
auto FindByName(const Items& items, const std::vector<size_t>& order, NameOf name,
                std::string_view wanted) -> decltype(items.data()) {
  const auto found =
      std::lower_bound(order.begin(), order.end(), wanted,
                       [&](size_t i, std::string_view key) { return name(items[i]) < key; });
  if (found == order.end() || name(items[*found]) != wanted) return nullptr;
  return &items[*found];
}

// The first name that occurs twice, if any.
template <class Items, class NameOf>
std::optional<std::string_view> FindDuplicate(const Items& items, const std::vector<size_t>& order,
                                              NameOf name) {
  const auto same = std::adjacent_find(order.begin(), order.end(), [&](size_t a, size_t b) {
    return name(items[a]) == name(items[b]);
  });
  if (same == order.end()) return std::nullopt;
  return name(items[*same]);
}

}  // namespace ingle
