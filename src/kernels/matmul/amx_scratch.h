// How products by AMX divide the work, and what they so want as scratch, whatever the shapes. Plain
// data: files compiled for one instruction set may include this.
#pragma once

#include <cstddef>

namespace ingle {

// Of float weights: activations in parts, as many columns at a time as these bytes hold: 256 of 64
// tokens, 4,096 of four. With the weights of 64 rows they stay in the second-level cache.
constexpr size_t kAmxTurnedBytes = 98304;
constexpr size_t kAmxTurnedFloats = kAmxTurnedBytes / sizeof(float);

// Sums that are kept from some columns to the next: weights are read once for so many tokens, and
// activations turned once for so many rows.
constexpr size_t kAmxTokens = 64;
constexpr size_t kAmxRows = 1024;

constexpr size_t kAmxScratchFloats = kAmxTurnedFloats + kAmxTokens * kAmxRows;

// Of panels by activations in tiles: columns of two panels that are unpacked at a time, for the
// first-level cache; the tokens that meet them, and the rows whose sums with these are kept.
constexpr size_t kAmxTilesColumns = 512;
constexpr size_t kAmxTilesTokens = 512;
constexpr size_t kAmxTilesRows = 512;

// So many tokens meet weights as soon as they are unpacked: their products take no longer than
// unpacking, and run beside it.
constexpr size_t kAmxTokensAtOnce = 64;

constexpr size_t kAmxTilesWeightFloats = 2 * 16 * kAmxTilesColumns / 2;  // two bytes each
constexpr size_t kAmxTilesScratchFloats = kAmxTilesWeightFloats + kAmxTilesTokens * kAmxTilesRows;

}  // namespace ingle
