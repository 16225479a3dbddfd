// The heart of byte pair encoding: join neighbours until nothing joins.
//
// Sennrich, Haddow, Birch: Neural Machine Translation of Rare Words with Subword Units, 2016.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "tokenizer/token_table.h"

namespace ingle {

// A stretch of a piece of text that is one token so far, or, with kNoToken, none.
struct Symbol {
  uint32_t begin;
  uint32_t length;  // in bytes, at least 1
  TokenId id;
};

// What two neighbours become. Lower ranks go first.
struct Merge {
  static constexpr uint32_t kNever = 0xFFFFFFFF;
  uint32_t rank = kNever;
  TokenId id = kNoToken;
};

namespace merge_internal {

constexpr size_t kShort = 32;

// Looks at every pair for each merge: quadratic, and the fastest for a word.
template <class MergeOf>
void MergeShort(std::vector<Symbol>& symbols, const MergeOf& merge_of) {
  std::array<Merge, kShort> merges;  // merges[i] of symbols i and i + 1
  size_t pairs = symbols.size() - 1;
  for (size_t i = 0; i < pairs; ++i) merges[i] = merge_of(symbols[i], symbols[i + 1]);
  while (pairs > 0) {
    size_t best = 0;
    for (size_t i = 1; i < pairs; ++i) {
      if (merges[i].rank < merges[best].rank) best = i;
    }
    if (merges[best].rank == Merge::kNever) break;
    symbols[best].length += symbols[best + 1].length;
    symbols[best].id = merges[best].id;
    std::copy(symbols.begin() + best + 2, symbols.begin() + pairs + 1, symbols.begin() + best + 1);
    std::copy(merges.begin() + best + 1, merges.begin() + pairs, merges.begin() + best);
    --pairs;
    if (best > 0) merges[best - 1] = merge_of(symbols[best - 1], symbols[best]);
    if (best < pairs) merges[best] = merge_of(symbols[best], symbols[best + 1]);
  }
  symbols.resize(pairs + 1);
}

// Keeps the possible merges in a heap and the symbols in a list: n log n.
template <class MergeOf>
void MergeLong(std::vector<Symbol>& symbols, const MergeOf& merge_of) {
  struct Candidate {
    uint64_t order;   // the rank, then where: the leftmost of equals goes first
    uint32_t length;  // of the result
    TokenId id;
    bool operator>(const Candidate& other) const { return order > other.order; }
  };
  constexpr uint32_t kEnd = 0xFFFFFFFF;
  const auto count = static_cast<uint32_t>(symbols.size());
  std::vector<uint32_t> next(count);
  std::vector<uint32_t> previous(count);
  std::vector<Candidate> heap;

  const auto candidate_at = [&](uint32_t left) -> bool {
    const uint32_t right = next[left];
    if (right == kEnd) return false;
    const Merge merge = merge_of(symbols[left], symbols[right]);
    if (merge.rank == Merge::kNever) return false;
    heap.push_back({uint64_t{merge.rank} << 32 | left, symbols[left].length + symbols[right].length,
                    merge.id});
    return true;
  };
  const auto push = [&](uint32_t left) {
    if (candidate_at(left)) std::push_heap(heap.begin(), heap.end(), std::greater<>());
  };

  for (uint32_t i = 0; i < count; ++i) {
    next[i] = i + 1 < count ? i + 1 : kEnd;
    previous[i] = i > 0 ? i - 1 : kEnd;
  }
  for (uint32_t i = 0; i < count; ++i) candidate_at(i);
  std::make_heap(heap.begin(), heap.end(), std::greater<>());

  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), std::greater<>());
    const Candidate best = heap.back();
    heap.pop_back();
    const auto left = static_cast<uint32_t>(best.order);
    const uint32_t right = next[left];
    // Stale if either side has been merged since: an absorbed symbol has length 0, and symbols only
    // grow, so that the lengths add up no more.
    if (symbols[left].length == 0 || right == kEnd ||
        symbols[left].length + symbols[right].length != best.length) {
      continue;
    }
    symbols[left].length = best.length;
    symbols[left].id = best.id;
    symbols[right].length = 0;
    next[left] = next[right];
    if (next[left] != kEnd) previous[next[left]] = left;
    if (previous[left] != kEnd) push(previous[left]);
    push(left);
  }
  symbols.erase(std::remove_if(symbols.begin(), symbols.end(),
                               [](const Symbol& symbol) { return symbol.length == 0; }),
                symbols.end());
}

}  // namespace merge_internal

// Joins neighbouring symbols of a piece until no two can be joined, each time the pair of the
// lowest rank, and of equals the leftmost. merge_of(left, right) says what a pair becomes.
template <class MergeOf>
void MergeSymbols(std::vector<Symbol>& symbols, const MergeOf& merge_of) {
  if (symbols.size() < 2) return;
  if (symbols.size() <= merge_internal::kShort) {
    merge_internal::MergeShort(symbols, merge_of);
  } else {
    merge_internal::MergeLong(symbols, merge_of);
  }
}

}  // namespace ingle
