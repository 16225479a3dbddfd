// BF16 weights times f32 activations, AMX: sixteen rows by sixteen tokens in a tile.
//
// tdpbf16ps multiplies bf16 only, so an activation is split into three of them whose sum it is: a
// float has 24 bits and a bf16 eight. Weights are multiplied as they lie, a tile of sixteen rows of
// 32 columns, by a tile of each part, pairs of columns a line and a token a column; all three are
// added to the same sum, the high part first, for every 32 columns in order. What the instruction
// computes for a token does not depend on the other columns of its tile, so a token's bits are the
// same in any batch.
//
// The instruction takes denormals for zeros and writes zeros instead of them. That drops weights,
// parts of activations, products and sums below 2^-126; an activation of 2^-103 or more has no such
// part. It raises no exceptions, and no value makes it slow.
#include "kernels/matmul/amx_scratch.h"
#include "kernels/matmul/x86.h"
#include "kernels/matmul/x86_avx512_lanes_inline.h"
#include "kernels/x86_amx_inline.h"

#include "kernels/matmul/unrolled_inline.h"

namespace ingle {
namespace {

constexpr size_t kStep = 32;  // columns of a tile of weights
constexpr size_t kPairs = kStep / 2;
constexpr size_t kPairBytes = 4;
constexpr size_t kTileRows = 16;
constexpr size_t kTileTokens = 16;
constexpr size_t kGroup = 4;  // tokens that are turned together
constexpr size_t kParts = 3;
// Four tiles of sums, so that there are four products at a time which do not wait for each other,
// three of activations and one of weights.
constexpr size_t kStripTiles = 4;

// Some tokens, by rows whose sums are kept.
struct Block {
  size_t token, tokens;
  size_t row, rows;
  size_t width;  // tokens of a tile
  size_t tiles;  // of tokens

  size_t LineBytes() const { return kPairBytes * width; }
  size_t StepBytes() const { return kParts * kPairs * LineBytes(); }
  // Steps that are turned at a time.
  size_t StepsAtOnce() const { return kAmxTurnedBytes / (tiles * StepBytes()); }
};

// Few tokens make narrow tiles: less is turned and read.
Block BlockOf(const MatMulTask& task, size_t token, size_t row) {
  Block block{};
  block.token = token;
  block.tokens = task.tokens - token < kAmxTokens ? task.tokens - token : kAmxTokens;
  block.row = row;
  block.rows = task.row_end - row < kAmxRows ? task.row_end - row : kAmxRows;
  block.width = block.tokens <= 4 ? 4 : block.tokens <= 8 ? 8 : kTileTokens;
  block.tiles = (block.tokens + kTileTokens - 1) / kTileTokens;
  return block;
}

// Activations of `steps` steps from `step` on, in parts; sums of the tiles of a row tile next to
// each other, row tile after row tile.
struct Turned {
  std::byte* bytes;
  size_t step, steps;
};

std::byte* PartsOf(const Block& block, const Turned& turned, size_t tile) {
  return turned.bytes + tile * turned.steps * block.StepBytes();
}

float* SumsOf(const Block& block, float* sums, size_t row_tile, size_t tile) {
  return sums + (row_tile * block.tiles + tile) * kTileRows * block.width;
}

// ---- Activations in parts ----

constexpr int kHighBits = static_cast<int>(0xFFFF0000);
constexpr int kMagnitude = 0x7FFFFFFF;
constexpr int kInfinity = 0x7F800000;

inline Words AsWords(Floats v) { return _mm512_castps_si512(v); }

// The first eight bits of each float's significand: what is cut off is exact, and has no more than
// sixteen. Of infinity nothing is left over, and of a NaN a NaN, should its first bits make an
// infinity.
inline Words CutHigh(Floats& v) {
  const Words bits = AsWords(v);
  const Words high = And(bits, kHighBits);
  v = ZeroWhere(_mm512_sub_ps(v, AsFloats(high)), And(bits, kMagnitude), kInfinity);
  return high;
}

// The next part of two columns: a pair in each lane.
inline Words CutPair(Floats& first, Floats& second) {
  const Words low = ShiftRight<16>(CutHigh(first));
  return Or(low, CutHigh(second));
}

// Sixteen columns of four tokens: columns[i] has, for j from 0 to 3, column 4 * j + i of all four.
inline void Transpose(const Floats (&tokens)[kGroup], Floats (&columns)[kGroup]) {
  const auto doubles = [](Floats v) { return _mm512_castps_pd(v); };
  const auto floats = [](__m512d v) { return _mm512_castpd_ps(v); };
  const __m512d low01 = doubles(_mm512_unpacklo_ps(tokens[0], tokens[1]));
  const __m512d low23 = doubles(_mm512_unpacklo_ps(tokens[2], tokens[3]));
  const __m512d high01 = doubles(_mm512_unpackhi_ps(tokens[0], tokens[1]));
  const __m512d high23 = doubles(_mm512_unpackhi_ps(tokens[2], tokens[3]));
  columns[0] = floats(_mm512_unpacklo_pd(low01, low23));
  columns[1] = floats(_mm512_unpackhi_pd(low01, low23));
  columns[2] = floats(_mm512_unpacklo_pd(high01, high23));
  columns[3] = floats(_mm512_unpackhi_pd(high01, high23));
}

// A lane of 128 bits, which is a pair of columns of four tokens, goes to every second line.
inline void PutEverySecondLine(std::byte* to, size_t line_bytes, Words pairs) {
  const auto put = [&](size_t lane, __m128i four) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 2 * lane * line_bytes), four);
  };
  put(0, _mm512_extracti32x4_epi32(pairs, 0));
  put(1, _mm512_extracti32x4_epi32(pairs, 1));
  put(2, _mm512_extracti32x4_epi32(pairs, 2));
  put(3, _mm512_extracti32x4_epi32(pairs, 3));
}

// Sixteen columns of four tokens to eight lines of each part.
inline void TurnHalfStep(const float* const (&x)[kGroup], size_t column, size_t line_bytes,
                         std::byte* to) {
  Floats tokens[kGroup], columns[kGroup];
  Unrolled<kGroup>([&](auto t) { tokens[t] = FloatsAt(x[t] + column); });
  Transpose(tokens, columns);
  Unrolled<kParts>([&](auto part) {
    std::byte* lines = to + part * kPairs * line_bytes;
    PutEverySecondLine(lines, line_bytes, CutPair(columns[0], columns[1]));
    PutEverySecondLine(lines + line_bytes, line_bytes, CutPair(columns[2], columns[3]));
  });
}

// A tile that is not full repeats the last token: nobody reads those sums.
[[gnu::flatten]] void TurnGroup(const MatMulTask& task, const Block& block, const Turned& turned,
                                size_t first) {
  const float* x[kGroup];
  for (size_t t = 0; t < kGroup; ++t) {
    const size_t token = first + t < block.tokens ? first + t : block.tokens - 1;
    x[t] =
        reinterpret_cast<const float*>(task.input + (block.token + token) * task.input_row_bytes);
  }
  std::byte* to = PartsOf(block, turned, first / kTileTokens) + first % kTileTokens * kPairBytes;
  const size_t half = kPairs / 2 * block.LineBytes();
  for (size_t i = 0; i < turned.steps; ++i, to += block.StepBytes()) {
    const size_t column = (turned.step + i) * kStep;
    TurnHalfStep(x, column, block.LineBytes(), to);
    TurnHalfStep(x, column + kStep / 2, block.LineBytes(), to + half);
  }
}

// ---- Products ----

// Tiles 0 to 3 hold sums, 4 weights, 5 to 7 the parts of the activations.
void ConfigureFor(size_t rows, const Block& block) {
  TileConfig config;
  const auto shape = [&](size_t tile, size_t lines, size_t bytes) {
    config.rows[tile] = static_cast<uint8_t>(lines);
    config.row_bytes[tile] = static_cast<uint16_t>(bytes);
  };
  for (size_t i = 0; i < kStripTiles; ++i) shape(i, rows, block.LineBytes());
  shape(kStripTiles, rows, kStep * sizeof(uint16_t));
  for (size_t part = 0; part < kParts; ++part) {
    shape(kStripTiles + 1 + part, kPairs, block.LineBytes());
  }
  Configure(config);
}

// The numbers of tiles have to be literals.
#define INGLE_ADD_PRODUCTS(sums, row_tile)                                \
  _tile_loadd(4, weights + (row_tile)*tile_bytes, task.weight_row_bytes); \
  _tile_dpbf16ps(sums, 4, 5);                                             \
  _tile_dpbf16ps(sums, 4, 6);                                             \
  _tile_dpbf16ps(sums, 4, 7)

// Adds the products of some row tiles, from row_tile on, by a tile of tokens.
template <int kCount>
void MultiplyStrip(const MatMulTask& task, const Block& block, const Turned& turned,
                   size_t row_tile, size_t tile, float* all_sums) {
  const std::byte* weights = task.weights + turned.step * kStep * sizeof(uint16_t) +
                             (block.row + row_tile * kTileRows) * task.weight_row_bytes;
  const std::byte* parts = PartsOf(block, turned, tile);
  const size_t tile_bytes = kTileRows * task.weight_row_bytes;
  const size_t line_bytes = block.LineBytes();
  const auto sums = [&](size_t i) { return SumsOf(block, all_sums, row_tile + i, tile); };
  _tile_loadd(0, sums(0), line_bytes);
  if constexpr (kCount > 1) _tile_loadd(1, sums(1), line_bytes);
  if constexpr (kCount > 2) _tile_loadd(2, sums(2), line_bytes);
  if constexpr (kCount > 3) _tile_loadd(3, sums(3), line_bytes);
  for (size_t i = 0; i < turned.steps; ++i) {
    _tile_loadd(5, parts, line_bytes);
    _tile_loadd(6, parts + kPairs * line_bytes, line_bytes);
    _tile_loadd(7, parts + 2 * kPairs * line_bytes, line_bytes);
    INGLE_ADD_PRODUCTS(0, 0);
    if constexpr (kCount > 1) {
      INGLE_ADD_PRODUCTS(1, 1);
    }
    if constexpr (kCount > 2) {
      INGLE_ADD_PRODUCTS(2, 2);
    }
    if constexpr (kCount > 3) {
      INGLE_ADD_PRODUCTS(3, 3);
    }
    weights += kStep * sizeof(uint16_t);
    parts += block.StepBytes();
  }
  _tile_stored(0, sums(0), line_bytes);
  if constexpr (kCount > 1) _tile_stored(1, sums(1), line_bytes);
  if constexpr (kCount > 2) _tile_stored(2, sums(2), line_bytes);
  if constexpr (kCount > 3) _tile_stored(3, sums(3), line_bytes);
}
#undef INGLE_ADD_PRODUCTS

// Of rows that are no multiple of sixteen the last tile has another shape: nothing beyond is read.
void MultiplyRows(const MatMulTask& task, const Block& block, const Turned& turned, float* sums) {
  const size_t whole = block.rows / kTileRows;
  if (whole > 0) ConfigureFor(kTileRows, block);
  for (size_t row_tile = 0; row_tile < whole; row_tile += kStripTiles) {
    const size_t count = whole - row_tile < kStripTiles ? whole - row_tile : kStripTiles;
    for (size_t tile = 0; tile < block.tiles; ++tile) {
      WithCount<1, kStripTiles>(count, [&](auto tiles) {
        MultiplyStrip<tiles>(task, block, turned, row_tile, tile, sums);
      });
    }
  }
  if (block.rows % kTileRows == 0) return;
  ConfigureFor(block.rows % kTileRows, block);
  for (size_t tile = 0; tile < block.tiles; ++tile) {
    MultiplyStrip<1>(task, block, turned, whole, tile, sums);
  }
}

// ---- What is left ----

// The products of the columns after the last whole step, fewer than 32.
float RestOf(const MatMulTask& task, size_t row, size_t token) {
  const size_t begin = task.columns / kStep * kStep;
  const auto* w =
      reinterpret_cast<const uint16_t*>(task.weights + row * task.weight_row_bytes) + begin;
  const auto* x = reinterpret_cast<const float*>(task.input + token * task.input_row_bytes) + begin;
  const size_t left = task.columns - begin;
  Floats sum = Splat(0.0f);
  for (size_t i = 0; i < left; i += kLanes) {
    const size_t count = left - i < kLanes ? left - i : kLanes;
    const Words wide = ShiftLeft<16>(FirstWideWordsAt(w + i, count));
    sum = Fma(AsFloats(wide), FirstFloatsAt(x + i, count), sum);
  }
  return SumLanes(sum);
}

Floats RestOfRows(const MatMulTask& task, size_t row, size_t count, size_t token) {
  float rests[kTileRows] = {};
  for (size_t r = 0; r < count; ++r) rests[r] = RestOf(task, row + r, token);
  return FloatsAt(rests);
}

// Writes sixteen rows of a token, or as many as there are.
inline void StoreRows(const MatMulTask& task, size_t row, size_t count, size_t token, Floats sum) {
  if (task.columns % kStep != 0) sum = Add(sum, RestOfRows(task, row, count, token));
  if (task.bias != nullptr) sum = Add(sum, FirstFloatsAt(task.bias + row, count));
  if (task.residual != nullptr) {
    sum = Add(sum, FirstFloatsAt(task.residual + token * task.residual_stride + row, count));
  }
  PutFirst(task.output + token * task.output_stride + row, count, sum);
}

void StoreBlock(const MatMulTask& task, const Block& block, float* sums) {
  alignas(64) static constexpr int kIndex[kTileRows] = {0, 1, 2,  3,  4,  5,  6,  7,
                                                        8, 9, 10, 11, 12, 13, 14, 15};
  const Words lines = _mm512_mullo_epi32(BytesAt(kIndex), Splat(static_cast<int>(block.width)));
  for (size_t row = 0; row < block.rows; row += kTileRows) {
    const size_t count = block.rows - row < kTileRows ? block.rows - row : kTileRows;
    for (size_t t = 0; t < block.tokens; ++t) {
      const float* tile = SumsOf(block, sums, row / kTileRows, t / kTileTokens);
      const Floats sum = _mm512_i32gather_ps(lines, tile + t % kTileTokens, sizeof(float));
      StoreRows(task, block.row + row, count, block.token + t, sum);
    }
  }
}

void MultiplyBlock(const MatMulTask& task, const Block& block) {
  Turned turned{reinterpret_cast<std::byte*>(task.scratch), 0, 0};
  float* sums = task.scratch + kAmxTurnedFloats;
  const size_t row_tiles = (block.rows + kTileRows - 1) / kTileRows;
  __builtin_memset(sums, 0, row_tiles * block.tiles * kTileRows * block.width * sizeof(float));
  const size_t steps = task.columns / kStep;
  for (; turned.step < steps; turned.step += turned.steps) {
    const size_t left = steps - turned.step;
    turned.steps = left < block.StepsAtOnce() ? left : block.StepsAtOnce();
    for (size_t t = 0; t < block.tiles * block.width; t += kGroup) {
      TurnGroup(task, block, turned, t);
    }
    WriteEverything();
    MultiplyRows(task, block, turned, sums);
  }
  StoreBlock(task, block, sums);
}

}  // namespace

void MatMulBF16Amx(const MatMulTask& task) {
  for (size_t token = 0; token < task.tokens; token += kAmxTokens) {
    for (size_t row = task.row_begin; row < task.row_end; row += kAmxRows) {
      MultiplyBlock(task, BlockOf(task, token, row));
    }
  }
  _tile_release();
}

}  // namespace ingle
