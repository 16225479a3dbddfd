#include "tokenizer/unicode.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace ingle {
namespace {

constexpr size_t kBlocks = 0x110000 >> 8;

// For each block of 256 code points, the range that its first one lies in: a search starts there
// and is over within the block.
constexpr std::array<uint16_t, kBlocks + 1> FirstRanges() {
  std::array<uint16_t, kBlocks + 1> first{};
  size_t range = 0;
  for (size_t block = 0; block < kBlocks; ++block) {
    while (range + 1 < std::size(kCharRanges) && kCharRanges[range + 1] >> 8 <= block << 8) ++range;
    first[block] = static_cast<uint16_t>(range);
  }
  first[kBlocks] = static_cast<uint16_t>(std::size(kCharRanges) - 1);
  return first;
}

constexpr std::array<uint16_t, kBlocks + 1> kFirstRanges = FirstRanges();

}  // namespace

CharSet CharSetOf(char32_t code_point) {
  if (code_point < 0x80) return kAsciiSets[code_point];
  if (code_point >= 0x110000) return kOther;
  const uint32_t* first = kCharRanges + kFirstRanges[code_point >> 8];
  const uint32_t* last = kCharRanges + kFirstRanges[(code_point >> 8) + 1] + 1;
  const uint32_t* after = std::upper_bound(first, last, code_point << 8 | 0xFF);
  return kCharSets[after[-1] & 0xFF];
}

}  // namespace ingle
