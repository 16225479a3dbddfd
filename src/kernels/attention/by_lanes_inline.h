// Attention: scores of a chunk, their softmax, the weighted sum of its values. A page is used by
// every query of the block before the next is touched, and decoded to f32 once where that takes
// several tiles (the tiling of FlashAttention, Dao et al., arXiv 2205.14135).
#pragma once

#include "kernels/attention/codes_inline.h"
#include "kernels/attention/pages_inline.h"
#include "kernels/attention/scores_inline.h"
#include "kernels/attention/tiles_inline.h"
#include "kernels/eight_inline.h"

namespace ingle {
namespace {

// Consecutive rows that the products take at once.
struct Tile {
  size_t row;
  size_t rows;
  // Of the chunk's positions: those that some row sees, and those that all rows see.
  size_t first, last;
  size_t common_first, common_last;
};

struct Block {
  explicit Block(const AttentionTask& t)
      : task(t),
        rows(t.tokens * t.group),
        stride(AttentionStride(t.value_size)),
        queries(t.scratch),
        scores(queries + rows * t.key_size),
        scaled(scores + rows * kScoreStride),
        page(scaled + kTileRows * kScoreStride),
        codes(reinterpret_cast<int8_t*>(page + PageFloats(t.key_size, t.value_size))) {}

  bool Sees(size_t row) const { return seen[row].first < seen[row].last; }

  const AttentionTask& task;
  size_t rows;
  size_t stride;   // of sums
  float* queries;  // of each tile [key_size, rows of the tile], multiplied by the scale; or coded
  float* scores;   // [rows, kScoreStride]
  float* scaled;   // a tile's weights of one page, multiplied by the scales of values
  float* page;     // one, decoded
  int8_t* codes;   // of a page of values, unpacked
  size_t tile_count = 0;
  Tile tiles[kAttentionRows];
  SeenRange seen[kAttentionRows];  // by row
};

inline Tile MakeTile(const Block& block, size_t row, size_t end) {
  Tile tile{row, end - row, kAttentionChunk, 0, 0, kAttentionChunk};
  for (size_t r = row; r < end; ++r) {
    const SeenRange& seen = block.seen[r];
    tile.common_first = seen.first > tile.common_first ? seen.first : tile.common_first;
    tile.common_last = seen.last < tile.common_last ? seen.last : tile.common_last;
    if (seen.first >= seen.last) continue;
    tile.first = seen.first < tile.first ? seen.first : tile.first;
    tile.last = seen.last > tile.last ? seen.last : tile.last;
  }
  return tile;
}

// Tiles of about the same height.
inline void CutTiles(Block& block) {
  block.tile_count = (block.rows + kTileRows - 1) / kTileRows;
  for (size_t i = 0; i < block.tile_count; ++i) {
    block.tiles[i] =
        MakeTile(block, block.rows * i / block.tile_count, block.rows * (i + 1) / block.tile_count);
  }
}

// A row's query into its tile.
inline void PutQuery(const float* query, size_t size, size_t r, size_t rows, float* tile) {
  for (size_t i = 0; i < size; ++i) tile[i * rows + r] = query[i];
}

// A tile's coded queries lie where else its floats do.
struct CodedTile {
  int8_t* codes;
  float* scales;
  int32_t* sums;
};

inline CodedTile LayCodes(const Block& block, const Tile& tile) {
  const size_t size = block.task.key_size;
  float* memory = block.queries + tile.row * size;
  float* scales = memory + size * tile.rows / 4;
  int32_t* sums = reinterpret_cast<int32_t*>(scales + size / kCacheBlock * tile.rows);
  return {reinterpret_cast<int8_t*>(memory), scales, sums};
}

inline void PutCodes(const float* query, size_t size, size_t r, size_t rows,
                     const CodedTile& tile) {
  for (size_t block = 0; block < size / kCacheBlock; ++block) {
    int8_t codes[kCacheBlock];
    tile.scales[block * rows + r] = CodeQuery(query + block * kCacheBlock, codes);
    int32_t sum = 0;
    for (size_t i = 0; i < kCacheBlock; ++i) {
      tile.codes[(block * kCacheBlock / 4 + i / 4) * rows * 4 + r * 4 + i % 4] = codes[i];
      sum += codes[i];
    }
    tile.sums[block * rows + r] = sum;
  }
}

inline void TakeQueries(const Block& block) {
  const AttentionTask& task = block.task;
  float* query = block.page;  // not in use yet
  for (size_t i = 0; i < block.tile_count; ++i) {
    const Tile& tile = block.tiles[i];
    for (size_t r = 0; r < tile.rows; ++r) {
      const size_t row = tile.row + r;
      const float* from =
          task.queries + row / task.group * task.query_stride + row % task.group * task.key_size;
      for (size_t j = 0; j < task.key_size; ++j) query[j] = from[j] * task.scale;
      if (IsRotated(task.type)) {
        RotateHead(query, task.key_size);
        PutCodes(query, task.key_size, r, tile.rows, LayCodes(block, tile));
      } else {
        PutQuery(query, task.key_size, r, tile.rows, block.queries + tile.row * task.key_size);
      }
    }
  }
}

// Positions of the chunk that lie in a page and that some row of the block sees.
struct PagePart {
  const std::byte* memory;
  ptrdiff_t ahead;  // to the page that comes then, or 0
  size_t begin;     // of the page, in the chunk
  size_t first, last;
};

// Of pages that need not have been allocated together.
inline ptrdiff_t DistanceOf(const std::byte* from, const std::byte* to) {
  return static_cast<ptrdiff_t>(reinterpret_cast<uintptr_t>(to) -
                                reinterpret_cast<uintptr_t>(from));
}

template <class Body>
inline void ForEachPage(const Block& block, const Body& body) {
  size_t first = kAttentionChunk;
  size_t last = 0;
  for (size_t i = 0; i < block.tile_count; ++i) {
    first = block.tiles[i].first < first ? block.tiles[i].first : first;
    last = block.tiles[i].last > last ? block.tiles[i].last : last;
  }
  const std::byte* const* pages =
      block.task.pages + block.task.chunk * (kAttentionChunk / kPageTokens);
  for (size_t begin = first / kPageTokens * kPageTokens; begin < last; begin += kPageTokens) {
    const size_t end = begin + kPageTokens;
    const std::byte* const* page = pages + begin / kPageTokens;
    const ptrdiff_t ahead = end < last ? DistanceOf(page[0], page[1]) : 0;
    body(PagePart{page[0], ahead, begin, first > begin ? first : begin, last < end ? last : end});
  }
}

// Scores of those tiles that see some of the page.
template <class Body>
inline void ForEachTile(const Block& block, const PagePart& page, const Body& body) {
  for (size_t i = 0; i < block.tile_count; ++i) {
    const Tile& tile = block.tiles[i];
    if (tile.first < page.last && page.first < tile.last) {
      body(tile, block.scores + tile.row * kScoreStride + page.begin);
    }
  }
}

template <class Source>
inline void ScoreFloats(const Block& block, const PagePart& page, const std::byte* keys) {
  const size_t size = block.task.key_size;
  ForEachTile(block, page, [&](const Tile& tile, float* scores) {
    ScorePage<Source>(tile.rows, block.queries + tile.row * size, keys, size, page.ahead, scores);
  });
}

template <CacheType type>
inline void ScoreCoded(const Block& block, const PagePart& page, const std::byte* keys) {
  const size_t size = block.task.key_size;
  FetchPage(keys, page.ahead, CacheHeadBytes(type, size));
  ForEachTile(block, page, [&](const Tile& tile, float* scores) {
    const CodedTile coded = LayCodes(block, tile);
    ScoreCodes<type>(tile.rows, {coded.codes, coded.scales, coded.sums}, keys, size, scores);
  });
}

// Halves that several tiles need are decoded before; for one alone it is quicker to do it in the
// product. The numbers are the same.
inline void Score(const Block& block) {
  const AttentionTask& task = block.task;
  ForEachPage(block, [&](const PagePart& page) {
    const std::byte* keys = page.memory + task.key_offset;
    switch (task.type) {
      case CacheType::kF32:
        return ScoreFloats<FloatSource>(block, page, keys);
      case CacheType::kF16:
        if (block.tile_count == 1) return ScoreFloats<HalfSource>(block, page, keys);
        Decode<HalfSource>(keys, task.key_size * kPageTokens, page.ahead, block.page);
        return ScoreFloats<DecodedSource>(block, page,
                                          reinterpret_cast<const std::byte*>(block.page));
      case CacheType::kQ8_0:
        return ScoreCoded<CacheType::kQ8_0>(block, page, keys);
      case CacheType::kQ4_0:
        return ScoreCoded<CacheType::kQ4_0>(block, page, keys);
    }
  });
}

// Scores are weighed by sixteen, in as many vectors as that takes: so lanes are summed in the same
// order, however many a vector has.
inline constexpr size_t kSpan = 16;

// What the row does not see of the spans that it begins and ends in weighs nothing.
inline void HideUnseen(float* scores, const SeenRange& seen) {
  for (size_t i = seen.first / kSpan * kSpan; i < seen.first; ++i) scores[i] = -__builtin_inff();
  for (size_t i = seen.last; i % kSpan != 0; ++i) scores[i] = -__builtin_inff();
}

// The sum of a span's lanes, in the order in which one vector of sixteen sums its own.
inline float SumOfSpan(const Floats (&span)[kSpan / kLanes]) {
  if constexpr (kLanes == kSpan) return SumLanes(span[0]);
  return SumLanes(Add(span[0], span[kSpan / kLanes - 1]));
}

inline void FindLargest(const Block& block, size_t row) {
  const SeenRange& seen = block.seen[row];
  float* scores = block.scores + row * kScoreStride;
  AdjustScores(block.task, row, scores, seen);
  HideUnseen(scores, seen);
  Floats maximum = Splat(-__builtin_inff());
  for (size_t i = seen.first / kLanes * kLanes; i < seen.last; i += kLanes) {
    maximum = Max(FloatsAt(scores + i), maximum);
  }
  block.task.partial.largest[row] = MaxOfLanes(maximum);
}

// Scores become weights. Of sixteen numbers each sums what lies in it of the whole chunk: zeros
// before and after what the row sees change nothing.
inline void Weigh(const Block& block, size_t row) {
  const SeenRange& seen = block.seen[row];
  float* scores = block.scores + row * kScoreStride;
  const Floats largest = SplatAt(block.task.partial.largest + row);
  constexpr int kVectors = kSpan / kLanes;
  Floats totals[kVectors];
  Times<kVectors>::Do([&](int v) __attribute__((always_inline)) { totals[v] = Splat(0); });
  for (size_t i = seen.first / kSpan * kSpan; i < seen.last; i += kSpan) {
    Times<kVectors>::Do([&](int v) __attribute__((always_inline)) {
      float* at = scores + i + kLanes * static_cast<size_t>(v);
      const Floats e = ExpBelow89(Sub(FloatsAt(at), largest));
      Put(at, e);
      totals[v] = Add(totals[v], e);
    });
  }
  block.task.partial.totals[row] = SumOfSpan(totals);
}

// First all maxima, then all weights: no row waits for its own maximum.
inline void Softmax(const Block& block) {
  const AttentionPartial& partial = block.task.partial;
  for (size_t row = 0; row < block.rows; ++row) {
    partial.largest[row] = -__builtin_inff();
    if (block.Sees(row)) FindLargest(block, row);
  }
  for (size_t row = 0; row < block.rows; ++row) {
    partial.totals[row] = 0;
    if (block.Sees(row)) Weigh(block, row);
  }
}

inline size_t Least(size_t a, size_t b) { return a < b ? a : b; }
inline size_t Most(size_t a, size_t b) { return a > b ? a : b; }

// A page's values as the products read them.
template <class Source>
struct PageValues {
  const typename Source::Element* rows;
  const uint16_t* scales;  // of codes: [value_size / 32, kPageTokens]; else null
  const PagePart& part;
};

// A page's weights of some rows, times the scales of its positions.
inline void ScaleWeights(size_t rows, const float* weights, const uint16_t* scales, float* scaled) {
  for (size_t p = 0; p < kPageTokens; p += kLanes) {
    const Floats scale = HalvesAt(scales + p);
    for (size_t r = 0; r < rows; ++r) {
      const Floats weight = FloatsAt(weights + r * kScoreStride + p);
      Put(scaled + r * kScoreStride + p, Mul(weight, scale));
    }
  }
}

// Takes what is at positions [first, last) of the chunk into the sums of some rows.
template <class Source>
inline void AddPart(const Block& block, const PageValues<Source>& values, const Tile& tile,
                    size_t first, size_t last) {
  if (first >= last) return;
  const size_t from = first - values.part.begin;
  const float* weights = block.scores + tile.row * kScoreStride + first;
  WeighedValues<Source> w{weights,
                          values.rows + from * block.stride,
                          last - first,
                          values.part.ahead,
                          block.task.partial.sums + tile.row * block.stride,
                          block.stride};
  if (values.scales == nullptr) return AddValues(tile.rows, w, 0, block.stride);
  w.weights = block.scaled + from;
  for (size_t at = 0; at < block.stride; at += kCacheBlock) {
    ScaleWeights(tile.rows, weights - from, values.scales + at / kCacheBlock * kPageTokens,
                 block.scaled);
    AddValues(tile.rows, w, at, at + kCacheBlock);
  }
}

// What all rows of a tile see goes to them together, what comes before or after to each alone.
template <class Source>
inline void AddToTile(const Block& block, const PageValues<Source>& values, const Tile& tile) {
  const PagePart& part = values.part;
  const size_t first = Most(part.first, tile.common_first);
  const size_t last = Most(first, Least(part.last, tile.common_last));
  const auto alone = [&](size_t begin, size_t end) {
    if (begin >= end) return;
    for (size_t row = tile.row; row < tile.row + tile.rows; ++row) {
      const SeenRange& seen = block.seen[row];
      AddPart(block, values, {row, 1, 0, 0, 0, 0}, Most(begin, seen.first), Least(end, seen.last));
    }
  };
  if (first == last) return alone(part.first, part.last);
  alone(part.first, first);
  AddPart(block, values, tile, first, last);
  alone(last, part.last);
}

template <class Source>
inline void AddPage(const Block& block, const PagePart& page, const std::byte* values) {
  const AttentionTask& task = block.task;
  const uint16_t* scales = nullptr;
  if (IsRotated(task.type)) {
    scales = ElementsOf<HalfSource>(page.memory + task.value_offset +
                                    CacheScaleOffset(task.type, task.value_size));
  }
  const PageValues<Source> rows{ElementsOf<Source>(values), scales, page};
  for (size_t i = 0; i < block.tile_count; ++i) AddToTile(block, rows, block.tiles[i]);
}

// Through floats where several tiles need the page.
template <class Source>
inline void AddDecoded(const Block& block, const PagePart& page, const std::byte* values) {
  if (block.tile_count == 1) return AddPage<Source>(block, page, values);
  Decode<Source>(values, kPageTokens * block.stride, page.ahead, block.page);
  AddPage<DecodedSource>(block, page, reinterpret_cast<const std::byte*>(block.page));
}

inline void Sum(const Block& block) {
  const AttentionTask& task = block.task;
  for (size_t i = 0; i < block.rows * block.stride; ++i) task.partial.sums[i] = 0;
  ForEachPage(block, [&](const PagePart& page) {
    const std::byte* values = page.memory + task.value_offset;
    if (block.stride != task.value_size && !IsRotated(task.type)) {
      FetchPage(values, page.ahead, CacheHeadBytes(task.type, task.value_size));
      PadValues(task.type, values, task.value_size, block.stride, block.page);
      return AddPage<DecodedSource>(block, page, reinterpret_cast<const std::byte*>(block.page));
    }
    switch (task.type) {
      case CacheType::kF32:
        return AddPage<FloatSource>(block, page, values);
      case CacheType::kF16:
        return AddDecoded<HalfSource>(block, page, values);
      case CacheType::kQ8_0:
        return AddDecoded<ByteSource>(block, page, values);
      case CacheType::kQ4_0:
        FetchPage(values, page.ahead, CacheHeadBytes(task.type, task.value_size));
        return AddDecoded<UnpackedSource>(
            block, page, UnpackNibbles(values, kPageTokens * task.value_size, block.codes));
    }
  });
}

inline void AttentionByLanes(const AttentionTask& task) {
  Block block(task);
  for (size_t row = 0; row < block.rows; ++row) {
    block.seen[row] = SeenInChunk(task, row / task.group);
  }
  CutTiles(block);
  TakeQueries(block);
  Score(block);
  Softmax(block);
  Sum(block);
}

}  // namespace
}  // namespace ingle
