// Attention of many queries at a time in BF16 tiles, AMX.
//
// A number is taken as the sum of two BF16: what it is rounded to, and the upper half of the rest's
// bits. Of the four products of two such sums the smallest is left out, which leaves an error of
// some 2^-17; what binary16 holds is taken whole. Three products of tiles still cost no more than
// the softmax between them.
//
// The chunk's keys and values are taken apart once for the block. Then, for 32 queries at a time:
// all scores, their softmax, whose weights take the scores' place, and the sums of values.
//
// Products run over pairs of elements, or of positions: which ones make a pair is nothing to the
// sum, so it is those that are sixteen apart, and vectors become rows of a tile without shuffles.
// What a query gets does not depend on the others of its tile.
#include "kernels/attention/x86_amx.h"

#include "kernels/x86_amx_inline.h"
#include "kernels/x86_avx512_sixteen_inline.h"

#include "kernels/attention/scores_inline.h"
#include "kernels/attention/x86_avx512_pages_inline.h"
#include "kernels/matmul/unrolled_inline.h"

namespace ingle {
namespace {

constexpr size_t kTileRows = 16;
constexpr size_t kTileLine = 64;
constexpr size_t kTile = kTileRows * kTileLine;
constexpr size_t kStep = kAttentionAmxStep;
constexpr size_t kGroup = kAttentionAmxGroup;
static_assert(kStep == kPageTokens && kStep == 2 * kLanes && kGroup == 2 * kTileRows);

// What stands on the right of a product, by steps of 32 elements or positions: the upper tiles of
// twice sixteen columns, then the lower ones.
constexpr size_t kRightStep = 4 * kTile;

inline size_t Least(size_t a, size_t b) { return a < b ? a : b; }

// ---- Numbers as sums of two ----

struct Split {
  Words high, low;
};

// Of two vectors, pair by pair. Of what is no number, infinities included, the low part is none.
inline Split SplitPairs(Floats first, Floats second) {
  constexpr int kUpper = static_cast<int>(0xFFFF0000);
  const Words half = SplatWord(0x8000);
  const Words first_high = And(Add(AsWords(first), half), kUpper);
  const Words second_high = And(Add(AsWords(second), half), kUpper);
  const Words first_low = AsWords(Sub(first, AsFloats(first_high)));
  const Words second_low = AsWords(Sub(second, AsFloats(second_high)));
  return {Or(ShiftRight<16>(first_high), second_high),
          Or(ShiftRight<16>(first_low), And(second_low, kUpper))};
}

inline void Put(std::byte* to, Words v) { _mm512_storeu_si512(to, v); }

// ---- A block ----

// Pages of the chunk.
struct Pages {
  size_t first;
  size_t last;  // past the end
};

inline Pages PagesOf(const SeenRange& seen) {
  if (seen.first >= seen.last) return {0, 0};
  return {seen.first / kPageTokens, (seen.last + kPageTokens - 1) / kPageTokens};
}

// The first cache line that begins here or later.
inline std::byte* LineFrom(std::byte* memory) {
  const size_t past = reinterpret_cast<uintptr_t>(memory) % kTileLine;
  return past == 0 ? memory : memory + (kTileLine - past);
}

struct Block {
  explicit Block(const AttentionTask& t)
      : task(t),
        rows(t.tokens * t.group),
        stride(AttentionStride(t.value_size)),
        key_steps(AttentionAmxSteps(t.key_size)),
        column_steps(AttentionAmxSteps(t.value_size)),
        keys(LineFrom(reinterpret_cast<std::byte*>(t.scratch))),
        values(keys + kAttentionChunk / kStep * key_steps * kRightStep),
        queries(values + kAttentionChunk / kStep * column_steps * kRightStep),
        scores(reinterpret_cast<float*>(queries + kGroup * key_steps * kStep * sizeof(float))),
        sums(scores + kGroup * kScoreStride),
        query(sums + kGroup * kStep) {}

  // What some of the queries from row to row see. Later ones begin and end later.
  SeenRange SeenBy(size_t first_row, size_t last_row) const {
    return {SeenInChunk(task, first_row / task.group).first,
            SeenInChunk(task, last_row / task.group).last};
  }

  std::byte* KeysOf(size_t page) const { return keys + page * key_steps * kRightStep; }
  std::byte* ValuesOf(size_t page, size_t column_step) const {
    return values + (column_step * (kAttentionChunk / kStep) + page) * kRightStep;
  }

  const AttentionTask& task;
  size_t rows;
  size_t stride;        // of the task's sums
  size_t key_steps;     // of 32 elements
  size_t column_steps;  // of 32 columns
  std::byte* keys;      // [pages, key_steps] on the right
  std::byte* values;    // [column_steps, pages] on the right
  std::byte* queries;  // of a group: by tiles of sixteen, then steps, an upper tile and a lower one
  float* scores;       // of a group: [kGroup, kScoreStride]; then weights, see PutWeights
  float* sums;         // of a group: [kGroup, kStep]
  float* query;        // one, as the cache's type has it
};

// ---- Keys and values, taken apart ----

// Rows of upper tiles, and of lower ones behind both.
inline void PutRight(const Split& split, size_t half, int row, std::byte* to) {
  to += half * kTile + static_cast<size_t>(row) * kTileLine;
  Put(to, split.high);
  Put(to + 2 * kTile, split.low);
}

template <CacheType type>
void TakeKeys(const Block& block, size_t page) {
  const AttentionTask& task = block.task;
  const size_t size = task.key_size;
  const std::byte* head =
      task.pages[task.chunk * (kAttentionChunk / kPageTokens) + page] + task.key_offset;
  std::byte* to = block.KeysOf(page);
  for (size_t first = 0; first < size; first += kStep, to += kRightStep) {
    for (size_t half = 0; half < 2; ++half) {
      Unrolled<16>([&](auto j) {
        constexpr int kElement = decltype(j)() % 8;
        const size_t a = first + static_cast<size_t>(int{j}), b = a + kLanes;
        const Floats zero = Splat(0);
        const size_t at = half * kLanes;
        PutRight(SplitPairs(a < size ? KeysAt<type, kElement>(head, size, a, at) : zero,
                            b < size ? KeysAt<type, kElement>(head, size, b, at) : zero),
                 half, j, to);
      });
    }
  }
}

// Of a page, the positions that are seen; others are zeros, as a weight of 0 does not hide what is
// no number.
template <CacheType type>
void TakeValues(const Block& block, const SeenRange& seen, size_t page) {
  const AttentionTask& task = block.task;
  const size_t size = task.value_size;
  const std::byte* head =
      task.pages[task.chunk * (kAttentionChunk / kPageTokens) + page] + task.value_offset;
  for (size_t column = 0; column < 2 * kLanes * block.column_steps; column += kLanes) {
    const size_t count = column < size ? Least(size - column, kLanes) : 0;
    std::byte* to = block.ValuesOf(page, column / kStep);
    const auto values = [&](size_t slot) {
      const size_t position = page * kPageTokens + slot;
      const bool is_seen = count > 0 && position >= seen.first && position < seen.last;
      return is_seen ? ValuesAt<type>(head, size, slot, column, count) : Splat(0);
    };
    for (size_t j = 0; j < kLanes; ++j) {
      PutRight(SplitPairs(values(j), values(kLanes + j)), column / kLanes % 2, static_cast<int>(j),
               to);
    }
  }
}

// Calls take(Type<type>) for the task's type.
template <CacheType kType>
struct Type {
  static constexpr CacheType kValue = kType;
};
template <class Take>
inline void WithType(CacheType type, const Take& take) {
  switch (type) {
    case CacheType::kF32:
      return take(Type<CacheType::kF32>());
    case CacheType::kF16:
      return take(Type<CacheType::kF16>());
    case CacheType::kQ8_0:
      return take(Type<CacheType::kQ8_0>());
    case CacheType::kQ4_0:
      return take(Type<CacheType::kQ4_0>());
  }
}

void TakeKeys(const Block& block, const SeenRange& seen) {
  WithType(block.task.type, [&](auto type) {
    const Pages pages = PagesOf(seen);
    for (size_t page = pages.first; page < pages.last; ++page) {
      TakeKeys<decltype(type)::kValue>(block, page);
    }
  });
}

void TakeValues(const Block& block, const SeenRange& seen) {
  WithType(block.task.type, [&](auto type) {
    const Pages pages = PagesOf(seen);
    for (size_t page = pages.first; page < pages.last; ++page) {
      TakeValues<decltype(type)::kValue>(block, seen, page);
    }
  });
}

// ---- Products ----

// What stands on the left of a product: rows of tiles, and from a tile to the lower one beside it,
// to the next sixteen rows', and to the next step's, in bytes.
struct Left {
  const std::byte* tiles;
  size_t line;
  size_t to_low;
  size_t to_rows;
  size_t to_step;
};

// sums = left * right, of sixteen rows or twice as many by 32 columns, rows `line` floats apart.
// Tiles 0 and 1 are sums of the first rows, 2 and 3 of the others, 4 and 5 are left, 6 and 7 right.
template <int kTiles>
[[gnu::flatten]] void Multiply(const Left& left, const std::byte* right, size_t steps, float* sums,
                               size_t line) {
  _tile_zero(0);
  _tile_zero(1);
  if constexpr (kTiles == 2) _tile_zero(2);
  if constexpr (kTiles == 2) _tile_zero(3);
  const auto load_left = [&](const std::byte* tiles) {
    _tile_loadd(4, tiles, left.line);
    if constexpr (kTiles == 2) _tile_loadd(5, tiles + left.to_rows, left.line);
  };
  const auto load_right = [&](const std::byte* tiles) {
    _tile_loadd(6, tiles, kTileLine);
    _tile_loadd(7, tiles + kTile, kTileLine);
  };
  const auto multiply = [] {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    if constexpr (kTiles == 2) _tile_dpbf16ps(2, 5, 6);
    if constexpr (kTiles == 2) _tile_dpbf16ps(3, 5, 7);
  };
  const std::byte* tiles = left.tiles;
  for (size_t i = 0; i < steps; ++i, tiles += left.to_step, right += kRightStep) {
    load_left(tiles);
    load_right(right + 2 * kTile);
    multiply();
    load_right(right);
    multiply();
    load_left(tiles + left.to_low);
    multiply();
  }
  const size_t bytes = line * sizeof(float);
  _tile_stored(0, sums, bytes);
  _tile_stored(1, sums + kLanes, bytes);
  if constexpr (kTiles == 2) _tile_stored(2, sums + kTileRows * line, bytes);
  if constexpr (kTiles == 2) _tile_stored(3, sums + kTileRows * line + kLanes, bytes);
}

void Multiply(size_t rows, const Left& left, const std::byte* right, size_t steps, float* sums,
              size_t line) {
  WriteEverything();
  if (rows > kTileRows) {
    Multiply<2>(left, right, steps, sums, line);
  } else {
    Multiply<1>(left, right, steps, sums, line);
  }
  WriteEverything();
}

// ---- A group of queries ----

struct Group {
  size_t row;  // the first
  size_t rows;
  Pages pages;  // that some row sees
};

// What is left over of a last tile may be anything: no row meets another.
void TakeQueries(const Block& block, const Group& group) {
  const AttentionTask& task = block.task;
  float* query = block.query;
  const size_t size = block.key_steps * kStep;
  for (size_t r = 0; r < group.rows; ++r) {
    const size_t row = group.row + r;
    const float* from =
        task.queries + row / task.group * task.query_stride + row % task.group * task.key_size;
    for (size_t i = 0; i < size; i += kLanes) {
      const size_t count = i < task.key_size ? task.key_size - i : 0;
      Put(query + i, Mul(FirstFloatsAt(from + i, count), Splat(task.scale)));
    }
    if (IsRotated(task.type)) RotateHead(query, task.key_size);
    std::byte* to =
        block.queries + r / kTileRows * block.key_steps * 2 * kTile + r % kTileRows * kTileLine;
    for (size_t i = 0; i < size; i += kStep, to += 2 * kTile) {
      const Split split = SplitPairs(FloatsAt(query + i), FloatsAt(query + i + kLanes));
      Put(to, split.high);
      Put(to + kTile, split.low);
    }
  }
}

void Score(const Block& block, const Group& group) {
  const Left queries{block.queries, kTileLine, kTile, block.key_steps * 2 * kTile, 2 * kTile};
  for (size_t page = group.pages.first; page < group.pages.last; ++page) {
    Multiply(group.rows, queries, block.KeysOf(page), block.key_steps,
             block.scores + page * kPageTokens, kScoreStride);
  }
}

// Of the group's pages, what the row does not see weighs nothing.
inline void HideUnseen(const Pages& pages, const SeenRange& seen, float* scores) {
  const Floats hidden = Splat(-__builtin_inff());
  for (size_t i = pages.first * kPageTokens; i < pages.last * kPageTokens; i += kLanes) {
    if (i >= seen.first && i + kLanes <= seen.last) continue;
    const Mask before = FirstOnly(seen.first > i ? seen.first - i : 0);
    const Mask until_last = FirstOnly(seen.last > i ? seen.last - i : 0);
    const Floats all = FloatsAt(scores + i);
    Put(scores + i, Select(Select(hidden, all, until_last), hidden, before));
  }
}

// The weights of a page take the place of its scores: pairs of upper halves, pairs of lower ones.
inline void PutWeights(Floats first, Floats second, float* scores) {
  const Split split = SplitPairs(first, second);
  auto* to = reinterpret_cast<std::byte*>(scores);
  Put(to, split.high);
  Put(to + kTileLine, split.low);
}

// What a row sees of the chunk, and where its scores are.
struct Row {
  Row(const Block& block, const Group& group, size_t r)
      : number(group.row + r),
        seen(SeenInChunk(block.task, number / block.task.group)),
        scores(block.scores + r * kScoreStride) {}

  size_t number;
  SeenRange seen;
  float* scores;
};

inline void FindLargest(const Block& block, const Group& group, const Row& row) {
  Floats largest = Splat(-__builtin_inff());
  if (row.seen.first < row.seen.last) {
    AdjustScores(block.task, row.number, row.scores, row.seen);
    HideUnseen(group.pages, row.seen, row.scores);
    for (size_t i = group.pages.first * kPageTokens; i < group.pages.last * kPageTokens;
         i += kLanes) {
      largest = Max(FloatsAt(row.scores + i), largest);
    }
  }
  block.task.partial.largest[row.number] = MaxOfLanes(largest);
}

// Scores become weights. A lane sums what lies in it of the whole chunk: zeros before and after
// what the row sees change nothing.
inline void Weigh(const Block& block, const Group& group, const Row& row) {
  Floats totals[2] = {Splat(0), Splat(0)};
  if (row.seen.first < row.seen.last) {
    const Floats largest = SplatAt(block.task.partial.largest + row.number);
    for (size_t i = group.pages.first * kPageTokens; i < group.pages.last * kPageTokens;
         i += 2 * kLanes) {
      const Floats first = ExpBelow89(Sub(FloatsAt(row.scores + i), largest));
      const Floats second = ExpBelow89(Sub(FloatsAt(row.scores + i + kLanes), largest));
      totals[0] = Add(totals[0], first);
      totals[1] = Add(totals[1], second);
      PutWeights(first, second, row.scores + i);
    }
  }
  block.task.partial.totals[row.number] = SumLanes(Add(totals[0], totals[1]));
}

// First all maxima, then all weights: no row waits for its own maximum.
void Softmax(const Block& block, const Group& group) {
  for (size_t r = 0; r < group.rows; ++r) FindLargest(block, group, Row(block, group, r));
  for (size_t r = 0; r < group.rows; ++r) Weigh(block, group, Row(block, group, r));
}

// To the task's sums; returns whether some is no number.
inline bool TakeSums(const Block& block, const float* sums, size_t row, size_t column) {
  float* to = block.task.partial.sums + row * block.stride + column;
  const Floats first = FloatsAt(sums);
  Mask none = IsNaN(first);
  Put(to, first);
  if (column + kLanes < block.stride) {
    const Floats second = FloatsAt(sums + kLanes);
    none |= IsNaN(second);
    Put(to + kLanes, second);
  }
  return none != 0;
}

// Of some rows of the group. Returns, as bits, those with sums that are no numbers; but not of rows
// that see nothing, whose weights may be anything.
uint32_t Sum(const Block& block, const Group& group, size_t first_row, size_t last_row) {
  const auto* weights =
      reinterpret_cast<const std::byte*>(block.scores + group.pages.first * kPageTokens);
  const size_t line = kScoreStride * sizeof(float);
  const Left left{weights, line, kTileLine, kTileRows * line, 2 * kTileLine};
  uint32_t none = 0;
  for (size_t i = 0; i < block.column_steps; ++i) {
    Multiply(group.rows, left, block.ValuesOf(group.pages.first, i),
             group.pages.last - group.pages.first, block.sums, kStep);
    for (size_t r = first_row; r < last_row; ++r) {
      const bool is_none = TakeSums(block, block.sums + r * kStep, group.row + r, i * kStep);
      const bool sees = block.task.partial.totals[group.row + r] != 0;
      none |= uint32_t{is_none && sees} << r;
    }
  }
  return none;
}

// Those rows once more, each with no values but those that it sees.
void SumAlone(const Block& block, const Group& group, uint32_t rows) {
  for (size_t r = 0; r < group.rows; ++r) {
    if ((rows >> r & 1) == 0) continue;
    const SeenRange seen = SeenInChunk(block.task, (group.row + r) / block.task.group);
    TakeValues(block, seen);
    Sum(block, {group.row, group.rows, PagesOf(seen)}, r, r + 1);
  }
}

TileConfig WholeTiles() {
  TileConfig config;
  for (int i = 0; i < 8; ++i) {
    config.rows[i] = kTileRows;
    config.row_bytes[i] = kTileLine;
  }
  return config;
}

}  // namespace

void AttentionAmx(const AttentionTask& task) {
  const Block block(task);
  const SeenRange seen = block.SeenBy(0, block.rows - 1);
  Configure(WholeTiles());
  TakeKeys(block, seen);
  TakeValues(block, seen);
  for (size_t row = 0; row < block.rows; row += kGroup) {
    const size_t rows = Least(block.rows - row, kGroup);
    const Group group{row, rows, PagesOf(block.SeenBy(row, row + rows - 1))};
    TakeQueries(block, group);
    Score(block, group);
    Softmax(block, group);
    const uint32_t none = Sum(block, group, 0, rows);
    if (none == 0) continue;
    SumAlone(block, group, none);
    TakeValues(block, seen);
  }
  _tile_release();
}

}  // namespace ingle
