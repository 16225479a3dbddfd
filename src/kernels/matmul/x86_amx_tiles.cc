// Panels of quantized weights times activations in BF16 tiles, AMX: sixteen tokens by sixteen rows
// in a tile.
//
// Weights are unpacked to BF16, their scales and minimums multiplied in, so that nothing is left to
// do between the first column and the last but to add. The first tokens meet each tile of weights
// as soon as it is unpacked: products and unpacking take different units, and run side by side. If
// there are more, some columns of two panels stay unpacked in the first-level cache while the
// others pass by, and sums go back to memory between some columns and the next. Activations come
// from the second-level cache, by loads that do not push the weights out of the first.
//
// tdpbf16ps adds the even columns of 32, the odd ones, and both to the sum. What it computes for a
// token does not depend on the others of its tile, so a token's bits are the same in any batch. It
// takes denormals for zeros and writes zeros instead of them.
//
// Where two products are of the same input, and only what a gated activation makes of them is
// wanted, one's panels and the other's take turns. The activation then finds its operands in the
// cache, and neither of them is written to memory: for 512 tokens of a 1.1B model that is 80 MB a
// layer.
#include "kernels/bf16_tiles.h"
#include "kernels/matmul/amx_scratch.h"
#include "kernels/matmul/x86.h"
#include "kernels/matmul/x86_avx512_lanes_inline.h"
#include "kernels/x86_amx_inline.h"
#include "kernels/x86_bf16_inline.h"

#include "kernels/matmul/panel_products_inline.h"

namespace ingle {
namespace {

constexpr size_t kStep = kBf16TileColumns;
constexpr size_t kTile = kBf16TileBytes;
constexpr size_t kTileFloats = kTile / sizeof(float);
constexpr size_t kTileLine = kTile / kBf16TileRows;
// Two tiles of tokens by two of rows: four products for four tiles that are loaded.
constexpr size_t kPair = 2;

inline size_t LeastOf(size_t a, size_t b) { return a < b ? a : b; }

// ---- Weights ----

// Codes are put into the bits of floats, which is less work than to convert them: into the upper
// byte of the mantissa, whose first bit is the exponent's and stays 0, or the next, where codes of
// eight bits have room, and the second of a line's four columns is already. Those floats are
// kOne + code * kUnit.
struct UpperByte {
  static constexpr int kIndex = 2;
  static constexpr float kOne = 0.5f, kUnit = 1.0f / 256;
};
struct NextByte {
  static constexpr int kIndex = 1;
  static constexpr float kOne = 1.0f, kUnit = 1.0f / 32768;
};
template <bool kNext>
struct Place : UpperByte {};
template <>
struct Place<true> : NextByte {};
template <int kColumn, Codes kCodes>
using PlaceOf = Place<kColumn == 1 || kCodes == Codes::kSigned>;

// Column kColumn of a line's four.
template <int kColumn, class To>
inline Floats ColumnOf(Bytes line) {
  constexpr int kMoved = 8 * (To::kIndex - kColumn);
  if constexpr (kMoved > 0) line = ShiftLeft<kMoved>(line);
  if constexpr (kMoved < 0) line = ShiftRight<-kMoved>(line);
  constexpr __mmask64 kByte = 0x1111111111111111 << To::kIndex;
  const Bytes one = _mm512_castps_si512(Splat(To::kOne));
  return AsFloats(_mm512_mask_blend_epi8(kByte, one, line));
}

// What such floats are multiplied with, and what is then added, to be the weights.
struct Scale {
  Floats factor;
  Floats offset;
};

// The upper half of a float is BF16, but cut off, not rounded: half a unit of the last place is
// lost. So weights are made larger by as much. Half a unit is 2^-8 of numbers with the least
// mantissa and half of that of those with the largest, in the middle ln 2 / 2^8. Errors are so 6%
// larger than those of rounding, on average, and an eighth of the unpacking is saved.
constexpr float kUncut = 1 + 0.69314718f / 256;

// Codes with a sign are counted from -128.
template <class From, Codes kCodes>
inline Scale ScaleOf(const Weights& w) {
  const Floats factor = Times(w.scale, kUncut / From::kUnit);
  constexpr float kZero = From::kOne + (kCodes == Codes::kSigned ? 128 * From::kUnit : 0);
  const Floats zero = Times(factor, -kZero);
  if constexpr (kCodes == Codes::kSigned) return {factor, zero};
  return {factor, Fma(w.minimum, Splat(kUncut), zero)};
}

// Column kColumn and the next of sixteen rows, a pair a row: a line of a tile.
template <int kColumn, Codes kCodes>
inline Words PairOf(Bytes line, const Scale& upper, const Scale& next) {
  const auto weights = [&](auto column) {
    using To = PlaceOf<column, kCodes>;
    const Scale& scale = To::kIndex == UpperByte::kIndex ? upper : next;
    return _mm512_castps_si512(Fma(ColumnOf<column, To>(line), scale.factor, scale.offset));
  };
  const Words first = ShiftRight<16>(weights(Constant<kColumn>{}));
  return _mm512_mask_blend_epi16(0xAAAAAAAA, first, weights(Constant<kColumn + 1>{}));
}

// Sixteen columns: half of a tile.
template <class Type>
inline void PutHalf(const Weights& w, std::byte* to) {
  constexpr Codes kCodes = Type::kCodes;
  const Scale upper = ScaleOf<UpperByte, kCodes>(w);
  const Scale next = ScaleOf<NextByte, kCodes>(w);
  Unrolled<4>([&](auto i) {
    Bytes line = w.q[i];
    if constexpr (kCodes == Codes::kSigned) line = Xor(line, Splat(static_cast<int>(0x80808080)));
    Put(to + 2 * i * kTileLine, PairOf<0, kCodes>(line, upper, next));
    Put(to + (2 * i + 1) * kTileLine, PairOf<2, kCodes>(line, upper, next));
  });
}

// In a block of columns that a type's panels are made of.
template <class Type>
constexpr int kTilesOf = kQ8Group * Type::kSteps / static_cast<int>(kStep);

// One of those tiles: columns 32 * group and on.
template <class Type>
inline void PutTile(const typename Type::Panel& panel, const typename Type::Scales& scales,
                    int group, std::byte* to) {
  PutHalf<Type>(Type::template Load<0>(panel, scales, group, 0), to);
  PutHalf<Type>(Type::template Load<1>(panel, scales, group, 0), to + kTile / 2);
}

// ---- Products ----

// Some rows and columns of the weights, and tiles of tokens that they meet.
struct Block {
  size_t row, panels;  // of a gated product those of both, in turn
  size_t column, columns;
  size_t tile, tiles;
  std::byte* weights;  // of two panels, unpacked: tile by tile in turn
  size_t kept;         // how many of a panel's, the last ones: a power of two
  float* sums;         // of two panels by two tiles of tokens; then of the next two tiles
  size_t sums_apart;   // of two panels from those of the next two; 0 if columns are complete

  // REQUIRES: first is even.
  float* SumsOf(size_t panel, size_t first) const {
    return sums + panel / kPair * sums_apart + (first * kPair + panel % kPair) * kTileFloats;
  }
};

TileConfig WholeTiles() {
  TileConfig config;
  for (int i = 0; i < 8; ++i) {
    config.rows[i] = kBf16TileRows;
    config.row_bytes[i] = kTileLine;
  }
  return config;
}

// The numbers of tiles have to be literals: 0 and 1 hold the sums of the first tile of tokens, 2
// and 3 those of the second, 4 and 5 activations, 6 and 7 weights.
template <int kTokens, int kPanels>
inline void LoadSums(const float* sums) {
  _tile_loadd(0, sums, kTileLine);
  if constexpr (kPanels == 2) _tile_loadd(1, sums + kTileFloats, kTileLine);
  if constexpr (kTokens == 2) _tile_loadd(2, sums + 2 * kTileFloats, kTileLine);
  if constexpr (kTokens == 2 && kPanels == 2) _tile_loadd(3, sums + 3 * kTileFloats, kTileLine);
}

inline void ZeroSums() {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
}

template <int kTokens, int kPanels>
inline void StoreSums(float* sums) {
  _tile_stored(0, sums, kTileLine);
  if constexpr (kPanels == 2) _tile_stored(1, sums + kTileFloats, kTileLine);
  if constexpr (kTokens == 2) _tile_stored(2, sums + 2 * kTileFloats, kTileLine);
  if constexpr (kTokens == 2 && kPanels == 2) _tile_stored(3, sums + 3 * kTileFloats, kTileLine);
}

// The sums that come next are asked for on the way, a part with each step of kAmxTilesColumns.
template <int kTokens, int kPanels>
void MultiplyTiles(const Block& block, const std::byte* x, size_t next_tokens, float* sums) {
  const std::byte* weights = block.weights;
  if (block.column == 0) {
    ZeroSums();
  } else {
    LoadSums<kTokens, kPanels>(sums);
  }
  constexpr size_t kPart = kPair * kPair * kTile / (kAmxTilesColumns / kStep);
  const auto* next_sums = reinterpret_cast<const char*>(sums + kPair * kPair * kTileFloats);
  for (size_t i = 0; i < block.columns / kStep; ++i, x += kTile, weights += kPair * kTile) {
    Prefetch<Cache::kFirstLevel>(next_sums + i * kPart, kPart);
    _tile_loadd(6, weights, kTileLine);
    _tile_stream_loadd(4, x, kTileLine);
    _tile_dpbf16ps(0, 4, 6);
    if constexpr (kPanels == 2) {
      _tile_loadd(7, weights + kTile, kTileLine);
      _tile_dpbf16ps(1, 4, 7);
    }
    if constexpr (kTokens == 2) {
      _tile_stream_loadd(5, x + next_tokens, kTileLine);
      _tile_dpbf16ps(2, 5, 6);
      if constexpr (kPanels == 2) _tile_dpbf16ps(3, 5, 7);
    }
  }
  StoreSums<kTokens, kPanels>(sums);
}

// Calls body(token, sums of it) for the task's tokens in a tile: of the first one and the last some
// may be others'.
template <class Body>
inline void ForEachToken(const MatMulTask& task, size_t tile, const float* sums, const Body& body) {
  const size_t first = tile * kBf16TileRows;
  const size_t begin = first < task.first_token ? task.first_token : first;
  const size_t end = LeastOf(first + kBf16TileRows, task.first_token + task.tokens);
  for (size_t token = begin; token < end; ++token) {
    body(token, FloatsAt(sums + (token - first) * kLanes));
  }
}

// A tile of sums to the output.
[[gnu::flatten, gnu::noinline]] void StoreTile(const MatMulTask& task, size_t tile, size_t row,
                                               const float* sums) {
  ForEachToken(task, tile, sums,
               [&](size_t token, Floats sum) { Store(task, token - task.first_token, row, sum); });
}

// The same into tiles.
[[gnu::flatten, gnu::noinline]] void RoundTile(const MatMulTask& task, size_t tile, size_t row,
                                               const float* sums) {
  const size_t columns = task.gated->tile_columns;
  std::byte* to = task.gated->tiles + row / kStep * kTile + row % kStep * (kTileLine / kStep);
  ForEachToken(task, tile, sums, [&](size_t token, Floats sum) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + Bf16RowOffset(token, columns)),
                        ToBf16(sum));
  });
}

// Of two tiles, next to each other, into the first.
void Gate(const GatedProduct& gated, float* sums) {
  GluTask glu = gated.glu;
  glu.gate = glu.output = sums;
  glu.up = sums + kTileFloats;
  glu.count = kTileFloats;
  gated.run_glu(glu);
}

// In how many turns a block's panels come.
inline size_t TurnsOf(const MatMulTask& task) { return task.gated != nullptr ? 2 : 1; }

// The row that a block's panel begins with.
inline size_t RowOf(const MatMulTask& task, const Block& block, size_t panel) {
  return block.row + panel / TurnsOf(task) * kPanelRows;
}

// What two panels, or one, and two tiles of tokens, or one, have as sums of all columns goes to
// where it belongs.
template <int kPanels>
void Finish(const MatMulTask& task, const Block& block, size_t panel, size_t tile) {
  WriteEverything();
  const auto store = task.gated != nullptr && task.gated->tiles != nullptr ? RoundTile : StoreTile;
  float* sums = block.SumsOf(panel, tile);
  const size_t tiles = LeastOf(block.tiles - tile, kPair);
  for (size_t t = 0; t < tiles; ++t, sums += kPair * kTileFloats) {
    if (task.gated != nullptr) Gate(*task.gated, sums);
    for (size_t p = 0; p < kPanels; p += TurnsOf(task)) {
      store(task, block.tile + tile + t, RowOf(task, block, panel + p), sums + p * kTileFloats);
    }
  }
}

// Two panels, or one, by two tiles of tokens, or one.
template <int kPanels>
void MultiplyPair(const MatMulTask& task, const Block& block, size_t panel, size_t tile) {
  const size_t next_tokens = Bf16TileRowBytes(task.columns);
  const std::byte* x =
      task.input + (block.tile + tile) * next_tokens + block.column / kStep * kTile;
  float* sums = block.SumsOf(panel, tile);
  if (block.tiles - tile >= kPair) {
    MultiplyTiles<2, kPanels>(block, x, next_tokens, sums);
  } else {
    MultiplyTiles<1, kPanels>(block, x, next_tokens, sums);
  }
}

// Those of a panel that the block's columns begin with.
template <class Type>
inline const typename Type::Panel* PanelOf(const MatMulTask& task, const Block& block,
                                           size_t panel) {
  const bool is_up = task.gated != nullptr && panel % 2 == 1;
  const std::byte* weights = is_up ? task.gated->up_weights : task.weights;
  const std::byte* row = weights + RowOf(task, block, panel) * task.weight_row_bytes;
  return reinterpret_cast<const typename Type::Panel*>(row) +
         block.column / (kQ8Group * Type::kSteps);
}

// ---- While weights are unpacked ----

// Of tokens, meeting a tile of weights as soon as it is unpacked.
constexpr size_t kTilesAtOnce = kAmxTokensAtOnce / kBf16TileRows;

// The numbers of tiles: 0 to 3 hold sums, 4 to 6 activations, of which the fourth take the first's,
// and 7 weights.
template <int kTokens>
inline void MultiplyTile(const std::byte* x) {
  static_assert(kTokens < kTilesAtOnce);
  if constexpr (kTokens == 0) {
    _tile_stream_loadd(4, x, kTileLine);
    _tile_dpbf16ps(0, 4, 7);
  } else if constexpr (kTokens == 1) {
    _tile_stream_loadd(5, x, kTileLine);
    _tile_dpbf16ps(1, 5, 7);
  } else if constexpr (kTokens == 2) {
    _tile_stream_loadd(6, x, kTileLine);
    _tile_dpbf16ps(2, 6, 7);
  } else {
    _tile_stream_loadd(4, x, kTileLine);
    _tile_dpbf16ps(3, 4, 7);
  }
}

// Every second tile.
template <int kTiles>
inline void LoadEverySecond(const float* sums) {
  _tile_loadd(0, sums, kTileLine);
  if constexpr (kTiles > 1) _tile_loadd(1, sums + kPair * kTileFloats, kTileLine);
  if constexpr (kTiles > 2) _tile_loadd(2, sums + 2 * kPair * kTileFloats, kTileLine);
  if constexpr (kTiles > 3) _tile_loadd(3, sums + 3 * kPair * kTileFloats, kTileLine);
}
template <int kTiles>
inline void StoreEverySecond(float* sums) {
  _tile_stored(0, sums, kTileLine);
  if constexpr (kTiles > 1) _tile_stored(1, sums + kPair * kTileFloats, kTileLine);
  if constexpr (kTiles > 2) _tile_stored(2, sums + 2 * kPair * kTileFloats, kTileLine);
  if constexpr (kTiles > 3) _tile_stored(3, sums + 3 * kPair * kTileFloats, kTileLine);
}

// A panel by the first kTiles tiles of tokens; the next two panels are asked for meanwhile.
template <class Type, int kTiles>
[[gnu::flatten, gnu::noinline]] void MultiplyUnpacking(const MatMulTask& task, const Block& block,
                                                       size_t panel) {
  constexpr size_t kPart = sizeof(typename Type::Panel) / kTilesOf<Type>;
  const size_t ahead = kPair / TurnsOf(task) * kPanelRows * task.weight_row_bytes;
  const size_t next_tokens = Bf16TileRowBytes(task.columns);
  const std::byte* x = task.input + block.tile * next_tokens + block.column / kStep * kTile;
  std::byte* weights = block.weights + panel % kPair * kTile;
  float* sums = block.SumsOf(panel, 0);
  if (block.column == 0) {
    ZeroSums();
  } else {
    LoadEverySecond<kTiles>(sums);
  }
  const typename Type::Panel* columns = PanelOf<Type>(task, block, panel);
  for (size_t tile = 0; tile < block.columns / kStep; ++columns) {
    const typename Type::Scales scales = Type::Decode(*columns, 0);
    uintptr_t soon = reinterpret_cast<uintptr_t>(columns) + ahead;
    for (int group = 0; group < kTilesOf<Type>; ++group, ++tile, x += kTile, soon += kPart) {
      Prefetch<Cache::kSecondLevel>(soon, kPart);
      std::byte* to = weights + (tile & (block.kept - 1)) * kPair * kTile;
      PutTile<Type>(*columns, scales, group, to);
      WriteEverything();
      _tile_loadd(7, to, kTileLine);
      Unrolled<kTiles>([&](auto t) { MultiplyTile<t>(x + t * next_tokens); });
    }
  }
  StoreEverySecond<kTiles>(sums);
}

// ---- All of them ----

template <class Type, int kPanels>
void MultiplyPanels(const MatMulTask& task, const Block& block, size_t panel) {
  const size_t at_once = LeastOf(block.tiles, kTilesAtOnce);
  WithCount<1, kTilesAtOnce>(at_once, [&](auto tiles) {
    for (size_t p = 0; p < kPanels; ++p) MultiplyUnpacking<Type, tiles>(task, block, panel + p);
  });
  const bool are_complete = block.column + block.columns == task.columns;
  for (size_t tile = 0; tile < block.tiles; tile += kPair) {
    if (tile >= at_once) MultiplyPair<kPanels>(task, block, panel, tile);
    if (are_complete) Finish<kPanels>(task, block, panel, tile);
  }
}

template <class Type>
void MultiplyBlock(const MatMulTask& task, const Block& block) {
  size_t panel = 0;
  for (; panel + kPair <= block.panels; panel += kPair) {
    MultiplyPanels<Type, kPair>(task, block, panel);
  }
  if (panel < block.panels) MultiplyPanels<Type, 1>(task, block, panel);
}

template <class Type>
void MultiplyRows(const MatMulTask& task, Block block) {
  const bool are_few = block.tiles <= kTilesAtOnce;
  const size_t columns = are_few ? task.columns : kAmxTilesColumns;
  block.kept = are_few ? 2 : kAmxTilesColumns / kStep;
  const size_t pairs = (block.tiles + kPair - 1) / kPair;
  block.sums_apart = columns < task.columns ? pairs * kPair * kPair * kTileFloats : 0;
  for (block.column = 0; block.column < task.columns; block.column += block.columns) {
    block.columns = LeastOf(task.columns - block.column, columns);
    MultiplyBlock<Type>(task, block);
  }
}

template <class Type>
void MultiplyAll(const MatMulTask& task) {
  Configure(WholeTiles());
  const size_t most_rows = kAmxTilesRows / TurnsOf(task);
  const size_t first_tile = task.first_token / kBf16TileRows;
  const size_t last_tile = (task.first_token + task.tokens - 1) / kBf16TileRows;
  Block block{};
  block.weights = reinterpret_cast<std::byte*>(task.scratch);
  block.sums = task.scratch + kAmxTilesWeightFloats;
  for (block.tile = first_tile; block.tile <= last_tile; block.tile += block.tiles) {
    block.tiles = LeastOf(last_tile + 1 - block.tile, kAmxTilesTokens / kBf16TileRows);
    for (block.row = task.row_begin; block.row < task.row_end; block.row += most_rows) {
      const size_t rows = LeastOf(task.row_end - block.row, most_rows);
      block.panels = (rows + kPanelRows - 1) / kPanelRows * TurnsOf(task);
      MultiplyRows<Type>(task, block);
    }
  }
  _tile_release();
}

struct AmxTiles {
  template <class Isa, class Type>
  static void Multiply(const MatMulTask& task) {
    MultiplyAll<Type>(task);
  }
};

}  // namespace

const PanelKernels kAmxTiles = PanelKernelsOf<AmxTiles>();

}  // namespace ingle
