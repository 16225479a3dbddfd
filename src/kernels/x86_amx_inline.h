// Tiles of AMX, for the files that use them: Intel, "Software Developer's Manual", volume 2.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace ingle {
namespace {

struct alignas(64) TileConfig {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};
};
static_assert(sizeof(TileConfig) == 64);

// Until _tile_release(). GCC 12 believes that the instruction reads the first eight bytes only, and
// would not write the others.
inline void Configure(const TileConfig& config) {
  const TileConfig* read = &config;
  __asm__ volatile("" : "+r"(read) : : "memory");
  _tile_loadconfig(read);
}

// Compilers do not know all of the memory that tile instructions read: what was written before has
// to be there.
inline void WriteEverything() { __asm__ volatile("" : : : "memory"); }

}  // namespace
}  // namespace ingle
