#include "kernels/dequantize/iq_grids.h"

#include "kernels/dequantize/iq_grid_sets.h"
#include "kernels/dequantize/iq_grid_words.h"

namespace ingle {
namespace {

// A grid is a set of numbers; the digits of each, to base kBase and least first, are its values'
// places in `values`. The set is hexadecimal, a bit a number.
template <size_t kPoints, size_t kValues, size_t kBase>
constexpr IqGrid<kPoints, kValues> Expand(std::string_view set, const int8_t (&values)[kBase]) {
  IqGrid<kPoints, kValues> grid{};
  size_t point = 0;
  for (size_t number = 0; number < 4 * set.size(); ++number) {
    const char c = set[number / 4];
    const int nibble = c <= '9' ? c - '0' : c - 'a' + 10;
    if ((nibble >> number % 4 & 1) == 0) continue;
    size_t rest = number;
    for (int8_t& value : grid[point]) {
      value = values[rest % kBase];
      rest /= kBase;
    }
    ++point;
  }
  return grid;
}

template <size_t kCount>
struct GridWords {
  uint32_t word[kCount];
};

// code(value) of all values, four a word.
template <size_t kPoints, size_t kValues, class Code>
constexpr GridWords<kPoints * kValues / 4> Words(const IqGrid<kPoints, kValues>& grid,
                                                 const Code& code) {
  GridWords<kPoints * kValues / 4> words{};
  size_t i = 0;
  for (const auto& point : grid) {
    for (const int8_t value : point) {
      words.word[i / 4] |= static_cast<uint32_t>(code(value)) << 8 * (i % 4);
      ++i;
    }
  }
  return words;
}

constexpr int AsItIs(int value) noexcept { return value; }

constexpr int8_t kIq1Values[] = {-1, 0, 1};
constexpr int8_t kIq2Values[] = {8, 25, 43};
constexpr int8_t kIq3XxsValues[] = {4, 12, 20, 28, 36, 44, 52, 62};
constexpr int8_t kIq3SValues[] = {1, 3, 5, 7, 9, 11, 13, 15};

}  // namespace

constexpr IqGrid<2048, 8> kIq1Grid = Expand<2048, 8>(kIq1Set, kIq1Values);
constexpr IqGrid<256, 8> kIq2XxsGrid = Expand<256, 8>(kIq2XxsSet, kIq2Values);
constexpr IqGrid<512, 8> kIq2XsGrid = Expand<512, 8>(kIq2XsSet, kIq2Values);
constexpr IqGrid<1024, 8> kIq2SGrid = Expand<1024, 8>(kIq2SSet, kIq2Values);
constexpr IqGrid<256, 4> kIq3XxsGrid = Expand<256, 4>(kIq3XxsSet, kIq3XxsValues);
constexpr IqGrid<512, 4> kIq3SGrid = Expand<512, 4>(kIq3SSet, kIq3SValues);

namespace {

constexpr auto kIq2XxsTable = Words(kIq2XxsGrid, AsItIs);
constexpr auto kIq2XsTable = Words(kIq2XsGrid, AsItIs);
constexpr auto kIq2STable = Words(kIq2SGrid, AsItIs);
constexpr auto kIq3XxsTable = Words(kIq3XxsGrid, AsItIs);
constexpr auto kIq3STable = Words(kIq3SGrid, [](int value) { return 8 + value / 2; });
constexpr auto kIq1Table = Words(kIq1Grid, [](int value) { return 8 * (value + 1) + 2; });

}  // namespace

constexpr const uint32_t* kIq2XxsWords = kIq2XxsTable.word;
constexpr const uint32_t* kIq2XsWords = kIq2XsTable.word;
constexpr const uint32_t* kIq2SWords = kIq2STable.word;
constexpr const uint32_t* kIq3XxsWords = kIq3XxsTable.word;
constexpr const uint32_t* kIq3SWords = kIq3STable.word;
constexpr const uint32_t* kIq1Words = kIq1Table.word;

}  // namespace ingle
