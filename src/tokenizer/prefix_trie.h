// From a text to the tokens that it begins with: a trie in a double array.
//
// Aoe: An Efficient Digital Search Algorithm by Using a Double-Array Structure, 1989.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "tokenizer/token_table.h"

namespace ingle {

class PrefixTrie {
 public:
  using Keys = std::vector<std::pair<std::string_view, TokenId>>;

  // Bounds the time that a position of a text can take. Real tokens stay under a hundred bytes.
  static constexpr size_t kLongest = 1024;

  // Of equal keys the last counts; empty ones are left out. The keys need not live on. Fails with
  // kUnsupported when one is longer than kLongest.
  static Result<PrefixTrie> Create(Keys keys);

  // Calls found(length, id) for each key that text begins with, the shortest first.
  template <class Found>
  void ForEachPrefix(std::string_view text, const Found& found) const {
    uint32_t node = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      const uint32_t child = nodes_[node].base ^ static_cast<unsigned char>(text[i]);
      if (nodes_[child].parent != node) return;
      node = child;
      if (nodes_[node].id != kNoToken) found(i + 1, nodes_[node].id);
    }
  }

 private:
  // The child for a byte is at base ^ byte, if that node says that this one is its parent.
  struct Node {
    uint32_t base = 0;
    uint32_t parent = kFree;
    TokenId id = kNoToken;
  };
  static constexpr uint32_t kFree = 0xFFFFFFFF;
  static constexpr uint32_t kNoParent = 0xFFFFFFFE;  // the root's

  class Builder;

  PrefixTrie() = default;

  std::vector<Node> nodes_;  // whole blocks of 256, so that no child is outside
};

}  // namespace ingle
