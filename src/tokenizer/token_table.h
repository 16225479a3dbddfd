// From bytes to the token that they are: a flat hash table, since it is asked for every word.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "tokenizer/tokenizer.h"

namespace ingle {

inline constexpr TokenId kNoToken = -1;

// Keys are views; what they point to must outlive the table.
class TokenTable {
 public:
  explicit TokenTable(size_t capacity) : slots_(std::bit_ceil(2 * capacity + 2)) {}

  // The token that the key had before; kNoToken if it had none and now has id.
  // REQUIRES: fewer keys than the capacity, none longer than 2^32 - 1 bytes.
  TokenId Insert(std::string_view key, TokenId id) {
    Slot& slot = slots_[SlotOf(key)];
    if (slot.id != kNoToken) return slot.id;
    slot = {HeadOf(key), key.data(), static_cast<uint32_t>(key.size()), id};
    longest_ = std::max(longest_, key.size());
    return kNoToken;
  }

  TokenId Find(std::string_view key) const {
    return key.size() > longest_ ? kNoToken : slots_[SlotOf(key)].id;
  }

  size_t longest() const { return longest_; }  // key, in bytes

 private:
  struct Slot {
    uint64_t head = 0;  // the first eight bytes: most keys are no longer
    const char* data = nullptr;
    uint32_t length = 0;
    TokenId id = kNoToken;
  };

  size_t SlotOf(std::string_view key) const {
    const uint64_t head = HeadOf(key);
    const size_t mask = slots_.size() - 1;
    for (size_t i = Hash(head, key) & mask;; i = (i + 1) & mask) {
      const Slot& slot = slots_[i];
      if (slot.id == kNoToken) return i;
      if (slot.head != head || slot.length != key.size()) continue;
      if (key.size() <= 8 || std::memcmp(slot.data + 8, key.data() + 8, key.size() - 8) == 0) {
        return i;
      }
    }
  }

  // Multiply and fold, eight bytes at a time.
  static size_t Hash(uint64_t head, std::string_view key) {
    uint64_t hash = Mix(key.size() * 0x9E3779B97F4A7C15u, head);
    for (size_t i = 8; i < key.size(); i += 8) hash = Mix(hash, HeadOf(key.substr(i)));
    return static_cast<size_t>(hash);
  }
  static uint64_t Mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0xD6E8FEB86659FD93u;
    return hash ^ hash >> 32;
  }

  // Up to eight bytes, little endian, with zeros after them.
  static uint64_t HeadOf(std::string_view key) {
    const char* data = key.data();
    const size_t size = key.size();
    if (size >= 8) return Load<uint64_t>(data);
    if (size >= 4) return Load<uint32_t>(data) | Load<uint32_t>(data + size - 4) << 8 * (size - 4);
    uint64_t head = 0;
    for (size_t i = 0; i < size; ++i)
      head |= uint64_t{static_cast<unsigned char>(data[i])} << 8 * i;
    return head;
  }
  template <class Word>
  static uint64_t Load(const char* data) {
    Word word;
    std::memcpy(&word, data, sizeof(word));
    return word;
  }

  std::vector<Slot> slots_;
  size_t longest_ = 0;
};

}  // namespace ingle
