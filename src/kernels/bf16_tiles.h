// Activations rounded to BF16, in tiles as AMX reads them.
//
// A tile is sixteen rows by 32 columns: 64 bytes a row, one after the other. Those of the same rows
// follow each other in the order of columns, then come those of the next sixteen rows. The last
// tiles are whole: rows that are missing are there, and hold anything.
// Plain data: files for any instruction set may include this.
#pragma once

#include <stddef.h>

namespace ingle {

enum { kBf16TileRows = 16, kBf16TileColumns = 32, kBf16TileBytes = 1024 };

// REQUIRES for all: columns is a multiple of 32.

// From one sixteen rows to the next.
static inline size_t Bf16TileRowBytes(size_t columns) {
  return columns / kBf16TileColumns * kBf16TileBytes;
}
static inline size_t Bf16TilesBytes(size_t rows, size_t columns) {
  return (rows + kBf16TileRows - 1) / kBf16TileRows * Bf16TileRowBytes(columns);
}
// Where a row begins; its next 32 columns are a tile further.
static inline size_t Bf16RowOffset(size_t row, size_t columns) {
  return row / kBf16TileRows * Bf16TileRowBytes(columns) +
         row % kBf16TileRows * (kBf16TileBytes / kBf16TileRows);
}

}  // namespace ingle
