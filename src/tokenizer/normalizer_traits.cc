#include "tokenizer/normalizer_traits.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "tokenizer/normalizer_tables.h"
#include "tokenizer/range_index.h"

namespace ingle {
namespace {

constexpr RangeIndex kRanges(kTraitRanges);

// Most text is ASCII.
constexpr std::array<uint32_t, 128> kAsciiTraits = [] {
  std::array<uint32_t, 128> traits{};
  for (char32_t c = 0; c < traits.size(); ++c) traits[c] = kTraitSets[kRanges.Find(c)];
  return traits;
}();

}  // namespace

CharTraits TraitsOf(char32_t code_point) {
  if (code_point < kAsciiTraits.size()) return {kAsciiTraits[code_point]};
  if (code_point >= 0x110000) return {};
  return {kTraitSets[kRanges.Find(code_point)]};
}

char32_t LowerCase(char32_t code_point) {
  if (code_point < 0x80) {
    return code_point >= 'A' && code_point <= 'Z' ? code_point + ('a' - 'A') : code_point;
  }
  const auto* const row = std::lower_bound(
      std::begin(kLowerCase), std::end(kLowerCase), code_point,
      [](const LowerCaseRow& candidate, char32_t c) { return candidate.last < c; });
  if (row == std::end(kLowerCase) || code_point < row->first ||
      (code_point - row->first) % row->step != 0) {
    return code_point;
  }
  return code_point + static_cast<char32_t>(row->delta);
}

}  // namespace ingle
