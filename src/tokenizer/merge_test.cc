#include "tokenizer/merge.h"

#include <gtest/gtest.h>

#include <random>

namespace ingle {
namespace {

// Token ids are lengths; how two join depends on their ids alone.
Merge MergeOfLengths(const Symbol& left, const Symbol& right) {
  const uint32_t mixed =
      static_cast<uint32_t>(left.id) * 7919 + static_cast<uint32_t>(right.id) * 104729;
  if (mixed % 3 == 0) return {};
  return {mixed % 5, left.id + right.id};
}

std::vector<uint32_t> Lengths(const std::vector<Symbol>& symbols) {
  std::vector<uint32_t> lengths;
  for (const Symbol& symbol : symbols) lengths.push_back(symbol.length);
  return lengths;
}

// The definition: look at all pairs, join the best.
void MergeNaively(std::vector<Symbol>& symbols) {
  for (;;) {
    Merge best;
    size_t at = 0;
    for (size_t i = 0; i + 1 < symbols.size(); ++i) {
      const Merge merge = MergeOfLengths(symbols[i], symbols[i + 1]);
      if (merge.rank < best.rank) {
        best = merge;
        at = i;
      }
    }
    if (best.rank == Merge::kNever) return;
    symbols[at].length += symbols[at + 1].length;
    symbols[at].id = best.id;
    symbols.erase(symbols.begin() + static_cast<ptrdiff_t>(at) + 1);
  }
}

TEST(MergeTest, ShortAndLongWaysAgreeWithTheDefinition) {
  std::mt19937 random(1);
  for (size_t round = 0; round < 500; ++round) {
    std::vector<Symbol> symbols;
    const size_t count = 2 + random() % 60;
    for (uint32_t i = 0; i < count; ++i) {
      symbols.push_back({i, 1, static_cast<TokenId>(1 + random() % 4)});
    }
    std::vector<Symbol> naive = symbols;
    MergeNaively(naive);
    std::vector<Symbol> merged = symbols;
    MergeSymbols(merged, MergeOfLengths);
    EXPECT_EQ(Lengths(merged), Lengths(naive));
    merged = symbols;
    merge_internal::MergeLong(merged, MergeOfLengths);
    EXPECT_EQ(Lengths(merged), Lengths(naive));
  }
}

TEST(MergeTest, LeavesNothingAndOneAlone) {
  std::vector<Symbol> symbols;
  MergeSymbols(symbols, MergeOfLengths);
  EXPECT_TRUE(symbols.empty());
  symbols.push_back({0, 1, 1});
  MergeSymbols(symbols, MergeOfLengths);
  EXPECT_EQ(symbols.size(), 1u);
}

}  // namespace
}  // namespace ingle
