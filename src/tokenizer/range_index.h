// Finds where a code point lies in a sorted table of ranges, each `first code point << 8 | value`,
// that begins with code point 0.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace ingle {

template <size_t kCount>
class RangeIndex {
 public:
  // The table must outlive the index.
  explicit constexpr RangeIndex(const uint32_t (&ranges)[kCount]) : ranges_(ranges) {
    size_t range = 0;
    for (size_t block = 0; block < kBlocks; ++block) {
      while (range + 1 < kCount && ranges[range + 1] >> 8 <= block << 8) ++range;
      first_[block] = static_cast<uint16_t>(range);
    }
    first_[kBlocks] = static_cast<uint16_t>(kCount - 1);
  }

  // The value of the range. REQUIRES: code_point < 0x110000.
  constexpr uint8_t Find(char32_t code_point) const {
    const uint32_t* first = ranges_ + first_[code_point >> 8];
    const uint32_t* last = ranges_ + first_[(code_point >> 8) + 1] + 1;
    const uint32_t* after = std::upper_bound(first, last, code_point << 8 | 0xFF);
    return static_cast<uint8_t>(after[-1]);
  }

 private:
  static_assert(kCount <= 0x10000);
  static constexpr size_t kBlocks = 0x110000 >> 8;

  const uint32_t* ranges_;
  // For each block of 256 code points, the range that its first one lies in: a search starts there
  // and is over within the block.
  std::array<uint16_t, kBlocks + 1> first_{};
};

}  // namespace ingle
