// Which pairs of tokens byte pair encoding joins.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "tokenizer/merge.h"

namespace ingle {

// From a pair of tokens to what it becomes.
class MergeTable {
 public:
  explicit MergeTable(size_t capacity) : slots_(std::bit_ceil(2 * capacity + 2)) {}

  // Of a pair that comes twice the first counts. REQUIRES: at most capacity calls.
  void Insert(TokenId left, TokenId right, Merge merge) {
    Slot& slot = slots_[SlotOf(KeyOf(left, right))];
    if (slot.merge.rank == Merge::kNever) slot = {KeyOf(left, right), merge};
  }

  Merge Find(TokenId left, TokenId right) const { return slots_[SlotOf(KeyOf(left, right))].merge; }

 private:
  struct Slot {
    uint64_t key = 0;
    Merge merge;
  };

  static uint64_t KeyOf(TokenId left, TokenId right) {
    return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
  }
  size_t SlotOf(uint64_t key) const {
    const size_t mask = slots_.size() - 1;
    const uint64_t hash = key * 0x9E3779B97F4A7C15u;
    for (size_t i = (hash ^ hash >> 32) & mask;; i = (i + 1) & mask) {
      if (slots_[i].key == key || slots_[i].merge.rank == Merge::kNever) return i;
    }
  }

  std::vector<Slot> slots_;
};

}  // namespace ingle
