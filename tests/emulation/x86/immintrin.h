// Stands before the compiler's <immintrin.h> where files for AVX-512, AVX-VNNI and AMX are compiled
// for machines with AVX2, to be tested there: SIMDe (libsimde-dev) computes what the instructions
// would. What Debian's version of it lacks is put together here, out of instructions of AVX2, and
// tiles are plain loops.
//
// What kernels repeat many times is not inlined: compilers take minutes and gigabytes otherwise.
#pragma once

#include_next <immintrin.h>

#include <cmath>
#include <cstdint>
#include <cstring>

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>

namespace ingle_emulation {

#define INGLE_EMULATED [[gnu::noinline, maybe_unused]] static

INGLE_EMULATED __m512i DotAdd(__m512i sums, __m512i a, __m512i b) {
  return simde_mm512_dpbusd_epi32(sums, a, b);
}
INGLE_EMULATED __m256i DotAdd(__m256i sums, __m256i a, __m256i b) {
  return simde_mm256_dpbusd_epi32(sums, a, b);
}
INGLE_EMULATED __m512 Fma(__m512 a, __m512 b, __m512 c) { return simde_mm512_fmadd_ps(a, b, c); }
INGLE_EMULATED __m512 Mul(__m512 a, __m512 b) { return simde_mm512_mul_ps(a, b); }
INGLE_EMULATED __m512 Add(__m512 a, __m512 b) { return simde_mm512_add_ps(a, b); }
INGLE_EMULATED __m512i And(__m512i a, __m512i b) { return simde_mm512_and_si512(a, b); }
INGLE_EMULATED __m512i Or(__m512i a, __m512i b) { return simde_mm512_or_si512(a, b); }
INGLE_EMULATED __m512i Xor(__m512i a, __m512i b) { return simde_mm512_xor_si512(a, b); }
INGLE_EMULATED __m512i Shuffle(__m512i a, __m512i b) { return simde_mm512_shuffle_epi8(a, b); }
INGLE_EMULATED __m512i SubBytes(__m512i a, __m512i b) { return simde_mm512_sub_epi8(a, b); }
INGLE_EMULATED __m512i Mul16(__m512i a, __m512i b) { return simde_mm512_mullo_epi16(a, b); }
INGLE_EMULATED __m512i SplatInt(int x) { return simde_mm512_set1_epi32(x); }
INGLE_EMULATED __m512 SplatFloat(float x) { return simde_mm512_set1_ps(x); }
INGLE_EMULATED __m512i ShiftLeft16(__m512i a, unsigned n) { return simde_mm512_slli_epi16(a, n); }
// SIMDe wants a constant of the other one.
INGLE_EMULATED __m512i ShiftRight16(__m512i a, unsigned n) {
  return simde_mm512_srl_epi16(a, _mm_cvtsi32_si128(static_cast<int>(n)));
}
INGLE_EMULATED __m512i ShiftLeft32(__m512i a, unsigned n) { return simde_mm512_slli_epi32(a, n); }
INGLE_EMULATED __m512i ShiftRight32(__m512i a, unsigned n) { return simde_mm512_srli_epi32(a, n); }

// ---- What SIMDe lacks ----

struct Halves {
  __m256i low, high;
};
INGLE_EMULATED __m512i Join(__m256i low, __m256i high) {
  const Halves halves{low, high};
  __m512i whole;
  std::memcpy(&whole, &halves, sizeof(whole));
  return whole;
}
INGLE_EMULATED __m512 JoinFloats(__m256 low, __m256 high) {
  return simde_mm512_castsi512_ps(Join(_mm256_castps_si256(low), _mm256_castps_si256(high)));
}
static inline __m128i High(__m128i v) { return _mm_srli_si128(v, 8); }
static inline __m128i High(__m256i v) { return _mm256_extracti128_si256(v, 1); }

INGLE_EMULATED __m512i WidenU8(__m128i v) {
  return Join(_mm256_cvtepu8_epi32(v), _mm256_cvtepu8_epi32(High(v)));
}
INGLE_EMULATED __m512i WidenI8(__m128i v) {
  return Join(_mm256_cvtepi8_epi32(v), _mm256_cvtepi8_epi32(High(v)));
}
INGLE_EMULATED __m512i WidenU16(__m256i v) {
  return Join(_mm256_cvtepu16_epi32(_mm256_castsi256_si128(v)), _mm256_cvtepu16_epi32(High(v)));
}
INGLE_EMULATED __m512 WidenHalves(__m256i v) {
  return JoinFloats(_mm256_cvtph_ps(_mm256_castsi256_si128(v)), _mm256_cvtph_ps(High(v)));
}
INGLE_EMULATED __m512 ToFloats(__m512i v) {
  Halves halves;
  std::memcpy(&halves, &v, sizeof(v));
  return JoinFloats(_mm256_cvtepi32_ps(halves.low), _mm256_cvtepi32_ps(halves.high));
}
INGLE_EMULATED __m512i ToNearest(__m512 v) {
  Halves halves;
  std::memcpy(&halves, &v, sizeof(v));
  return Join(_mm256_cvtps_epi32(_mm256_castsi256_ps(halves.low)),
              _mm256_cvtps_epi32(_mm256_castsi256_ps(halves.high)));
}
INGLE_EMULATED __m512i ShiftRightSigned32(__m512i v, unsigned n) {
  Halves halves;
  std::memcpy(&halves, &v, sizeof(v));
  const __m128i count = _mm_cvtsi32_si128(static_cast<int>(n));
  return Join(_mm256_sra_epi32(halves.low, count), _mm256_sra_epi32(halves.high, count));
}
INGLE_EMULATED __m256i LowerHalves(__m512i v) {
  uint32_t words[16];
  uint16_t lower[16];
  std::memcpy(words, &v, sizeof(words));
  for (int i = 0; i < 16; ++i) lower[i] = static_cast<uint16_t>(words[i]);
  __m256i all;
  std::memcpy(&all, lower, sizeof(all));
  return all;
}
// The numbers from 0 to 3 that a constant of a shuffle holds.
static inline int Pick(int choice, int i) { return choice >> 2 * i & 3; }
INGLE_EMULATED __m512 ShuffleQuarters(__m512 a, __m512 b, int choice) {
  float from[2][4][4], to[4][4];
  simde_mm512_storeu_ps(from[0], a);
  simde_mm512_storeu_ps(from[1], b);
  for (int i = 0; i < 4; ++i) std::memcpy(to[i], from[i / 2][Pick(choice, i)], sizeof(to[i]));
  return simde_mm512_loadu_ps(to);
}
INGLE_EMULATED __m512 PermuteInQuarters(__m512 v, int choice) {
  float from[4][4], to[4][4];
  simde_mm512_storeu_ps(from, v);
  for (int quarter = 0; quarter < 4; ++quarter) {
    for (int i = 0; i < 4; ++i) to[quarter][i] = from[quarter][Pick(choice, i)];
  }
  return simde_mm512_loadu_ps(to);
}

// Masked loads and stores touch the lanes of the mask only.
INGLE_EMULATED __m256i LoadSixteenBits(__mmask16 mask, const void* p) {
  uint16_t lanes[16] = {};
  for (int i = 0; i < 16; ++i) {
    if (mask >> i & 1) std::memcpy(lanes + i, static_cast<const uint16_t*>(p) + i, 2);
  }
  __m256i all;
  std::memcpy(&all, lanes, sizeof(all));
  return all;
}
INGLE_EMULATED __m512 LoadFloats(__mmask16 mask, const void* p) {
  float lanes[16] = {};
  for (int i = 0; i < 16; ++i) {
    if (mask >> i & 1) std::memcpy(lanes + i, static_cast<const float*>(p) + i, sizeof(float));
  }
  return simde_mm512_loadu_ps(lanes);
}
INGLE_EMULATED __m512 GatherFloats(__m512i index, const void* p, int scale) {
  int32_t places[16];
  float lanes[16];
  std::memcpy(places, &index, sizeof(places));
  for (int i = 0; i < 16; ++i) {
    std::memcpy(lanes + i, static_cast<const uint8_t*>(p) + places[i] * scale, sizeof(float));
  }
  return simde_mm512_loadu_ps(lanes);
}
INGLE_EMULATED __m512i GatherWords(__m512i index, const void* p, int scale) {
  return simde_mm512_castps_si512(GatherFloats(index, p, scale));
}
INGLE_EMULATED void StoreFloats(void* p, __mmask16 mask, __m512 v) {
  float lanes[16];
  simde_mm512_storeu_ps(lanes, v);
  for (int i = 0; i < 16; ++i) {
    if (mask >> i & 1) std::memcpy(static_cast<float*>(p) + i, lanes + i, sizeof(float));
  }
}

// ---- Tiles of AMX: Intel, "Software Developer's Manual", volume 2 ----

struct TileConfig {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
};
struct Tiles {
  TileConfig config;
  uint8_t data[8][16][64];
};
static thread_local Tiles tiles;

// Where the processor would fault, so does this.
static inline void Require(bool legal) {
  if (!legal) __builtin_trap();
}
static inline void RequireShape(int tile) {
  Require(tiles.config.palette == 1 && tiles.config.rows[tile] > 0 &&
          tiles.config.row_bytes[tile] > 0);
}

INGLE_EMULATED void ConfigureTiles(const void* config) {
  tiles = Tiles{};
  std::memcpy(&tiles.config, config, sizeof(TileConfig));
  Require(tiles.config.palette == 1 && tiles.config.start_row == 0);
  for (const uint8_t byte : tiles.config.reserved) Require(byte == 0);
  for (int tile = 0; tile < 16; ++tile) {
    const int rows = tiles.config.rows[tile], row_bytes = tiles.config.row_bytes[tile];
    Require(rows <= 16 && row_bytes <= 64 && (rows == 0) == (row_bytes == 0));
    Require(tile < 8 || rows == 0);
  }
}
INGLE_EMULATED void ReleaseTiles() { tiles = Tiles{}; }
INGLE_EMULATED void ZeroTile(int tile) {
  RequireShape(tile);
  std::memset(tiles.data[tile], 0, sizeof(tiles.data[0]));
}
INGLE_EMULATED void LoadTile(int tile, const void* p, size_t stride) {
  ZeroTile(tile);
  for (int row = 0; row < tiles.config.rows[tile]; ++row) {
    std::memcpy(tiles.data[tile][row], static_cast<const uint8_t*>(p) + row * stride,
                tiles.config.row_bytes[tile]);
  }
}
INGLE_EMULATED void StoreTile(int tile, void* p, size_t stride) {
  RequireShape(tile);
  for (int row = 0; row < tiles.config.rows[tile]; ++row) {
    std::memcpy(static_cast<uint8_t*>(p) + row * stride, tiles.data[tile][row],
                tiles.config.row_bytes[tile]);
  }
}
static inline void RequireProduct(int sums, int a, int b) {
  for (const int tile : {sums, a, b}) RequireShape(tile);
  const TileConfig& shape = tiles.config;
  Require(sums != a && sums != b && a != b && shape.rows[sums] == shape.rows[a] &&
          shape.row_bytes[sums] == shape.row_bytes[b] && shape.row_bytes[a] == 4 * shape.rows[b]);
}

// The sums of the first and of the second columns of all pairs are made apart, and added to each
// other and then to what was there.
static inline float WithoutDenormal(float x) {
  return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0f, x) : x;
}
static inline float FloatOfBf16(const uint8_t* p) {
  const uint8_t bytes[4] = {0, 0, p[0], p[1]};
  float x;
  std::memcpy(&x, bytes, sizeof(x));
  return WithoutDenormal(x);
}
static inline float DotOfPairs(const uint8_t (&row)[64], const uint8_t (*lines)[64], int pairs) {
  float sums[2] = {};
  for (int k = 0; k < pairs; ++k) {
    for (int i = 0; i < 2; ++i) {
      const float a = FloatOfBf16(row + 4 * k + 2 * i), b = FloatOfBf16(lines[k] + 2 * i);
      sums[i] = WithoutDenormal(std::fma(a, b, sums[i]));
    }
  }
  return WithoutDenormal(sums[0] + sums[1]);
}
INGLE_EMULATED void DotAddBf16Tiles(int sums, int a, int b) {
  RequireProduct(sums, a, b);
  const TileConfig& shape = tiles.config;
  for (int m = 0; m < shape.rows[sums]; ++m) {
    for (int n = 0; n < shape.row_bytes[sums] / 4; ++n) {
      const auto* column = reinterpret_cast<const uint8_t(*)[64]>(tiles.data[b][0] + 4 * n);
      float sum;
      std::memcpy(&sum, &tiles.data[sums][m][4 * n], sizeof(sum));
      const float dot = DotOfPairs(tiles.data[a][m], column, shape.row_bytes[a] / 4);
      sum = WithoutDenormal(WithoutDenormal(sum) + dot);
      std::memcpy(&tiles.data[sums][m][4 * n], &sum, sizeof(sum));
    }
  }
}

#undef INGLE_EMULATED

}  // namespace ingle_emulation

#undef _mm512_dpbusd_epi32
#undef _mm256_dpbusd_avx_epi32
#undef _mm512_fmadd_ps
#undef _mm512_mul_ps
#undef _mm512_add_ps
#undef _mm512_and_si512
#undef _mm512_or_si512
#undef _mm512_xor_si512
#undef _mm512_shuffle_epi8
#undef _mm512_sub_epi8
#undef _mm512_mullo_epi16
#undef _mm512_set1_epi32
#undef _mm512_set1_ps
#undef _mm512_slli_epi16
#undef _mm512_srli_epi16
#undef _mm512_slli_epi32
#undef _mm512_srli_epi32
#define _mm512_dpbusd_epi32(sums, a, b) ingle_emulation::DotAdd(sums, a, b)
#define _mm256_dpbusd_avx_epi32(sums, a, b) ingle_emulation::DotAdd(sums, a, b)
#define _mm512_fmadd_ps(a, b, c) ingle_emulation::Fma(a, b, c)
#define _mm512_mul_ps(a, b) ingle_emulation::Mul(a, b)
#define _mm512_add_ps(a, b) ingle_emulation::Add(a, b)
#define _mm512_and_si512(a, b) ingle_emulation::And(a, b)
#define _mm512_or_si512(a, b) ingle_emulation::Or(a, b)
#define _mm512_xor_si512(a, b) ingle_emulation::Xor(a, b)
#define _mm512_shuffle_epi8(a, b) ingle_emulation::Shuffle(a, b)
#define _mm512_sub_epi8(a, b) ingle_emulation::SubBytes(a, b)
#define _mm512_mullo_epi16(a, b) ingle_emulation::Mul16(a, b)
#define _mm512_set1_epi32(x) ingle_emulation::SplatInt(x)
#define _mm512_set1_ps(x) ingle_emulation::SplatFloat(x)
#define _mm512_slli_epi16(a, n) ingle_emulation::ShiftLeft16(a, n)
#define _mm512_srli_epi16(a, n) ingle_emulation::ShiftRight16(a, n)
#define _mm512_slli_epi32(a, n) ingle_emulation::ShiftLeft32(a, n)
#define _mm512_srli_epi32(a, n) ingle_emulation::ShiftRight32(a, n)
#define _mm512_cvtepu8_epi32(v) ingle_emulation::WidenU8(v)
#define _mm512_cvtepi8_epi32(v) ingle_emulation::WidenI8(v)
#define _mm512_cvtepu16_epi32(v) ingle_emulation::WidenU16(v)
#define _mm512_cvtph_ps(v) ingle_emulation::WidenHalves(v)
#define _mm512_cvtepi32_ps(v) ingle_emulation::ToFloats(v)
#define _mm512_cvtps_epi32(v) ingle_emulation::ToNearest(v)
#define _mm512_cvtepi32_epi16(v) ingle_emulation::LowerHalves(v)
#define _mm512_srai_epi32(a, n) ingle_emulation::ShiftRightSigned32(a, n)
#define _mm512_shuffle_f32x4(a, b, n) ingle_emulation::ShuffleQuarters(a, b, int{n})
#define _mm512_permute_ps(v, n) ingle_emulation::PermuteInQuarters(v, int{n})
#define _mm512_i32gather_ps(index, p, scale) ingle_emulation::GatherFloats(index, p, int{scale})
#define _mm512_i32gather_epi32(index, p, scale) ingle_emulation::GatherWords(index, p, int{scale})
#define _mm256_maskz_loadu_epi16(mask, p) ingle_emulation::LoadSixteenBits(mask, p)
#define _mm512_maskz_loadu_ps(mask, p) ingle_emulation::LoadFloats(mask, p)
#define _mm512_mask_storeu_ps(p, mask, v) ingle_emulation::StoreFloats(p, mask, v)

#undef _tile_loadconfig
#undef _tile_release
#undef _tile_zero
#undef _tile_loadd
#undef _tile_stream_loadd
#undef _tile_stored
#undef _tile_dpbf16ps
#define _tile_loadconfig(config) ingle_emulation::ConfigureTiles(config)
#define _tile_release() ingle_emulation::ReleaseTiles()
#define _tile_zero(tile) ingle_emulation::ZeroTile(tile)
#define _tile_loadd(tile, p, stride) ingle_emulation::LoadTile(tile, p, stride)
#define _tile_stream_loadd(tile, p, stride) ingle_emulation::LoadTile(tile, p, stride)
#define _tile_stored(tile, p, stride) ingle_emulation::StoreTile(tile, p, stride)
#define _tile_dpbf16ps(sums, a, b) ingle_emulation::DotAddBf16Tiles(sums, a, b)
