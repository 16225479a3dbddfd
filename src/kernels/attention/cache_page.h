// How one head's keys and values lie in a page of the cache.
//
// Keys lie turned, positions side by side: where a kernel has a position in each lane, no sum
// across lanes is left, and a block of queries against a page is a matrix product in registers.
// Values lie by position, for their sum runs over positions.
//
// Quantized, both are rotated first (RotateHead), which spreads what stands out of a head over all
// of its elements: without it those few would set the scales. A score does not change when query
// and key are rotated alike; what is summed of the values is rotated back. A position's scales are
// binary16, one for each 32 elements, as in Q8_0 and Q4_0. Of the page's part for one head:
//
//         keys, element i of position p at             values, element i of position p at
//   F32   float (i, p) of [size, 32]                   float (p, i) of [32, size]
//   F16   the same in binary16                         the same in binary16
//   Q8_0  int8 (i / 4, p, i % 4) of [size / 4, 32, 4]  int8 (p, i) of [32, size]
//   Q4_0  nibble of byte (i / 8, p, i % 4) of          nibble of byte (p, i / 32, i % 16) of
//         [size / 8, 32, 4], high where i % 8 >= 4     [32, size / 32, 16], high where i % 32 >= 16
//         scales follow, [size / 32, 32]               scales follow, [size / 32, 32]
//
// Plain data: files for any instruction set may include this.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace ingle {

constexpr size_t kPageTokens = 32;
constexpr size_t kCacheBlock = 32;  // elements that have a scale

enum class CacheType : uint8_t { kF32, kF16, kQ8_0, kQ4_0 };

// Whether rows are blocks, which are rotated. REQUIRES of such: their size is a multiple of 32.
static inline bool IsRotated(CacheType type) { return type >= CacheType::kQ8_0; }

// Where the scales begin.
static inline size_t CacheScaleOffset(CacheType type, size_t size) {
  return kPageTokens * (type == CacheType::kQ8_0 ? size : size / 2);
}

// Of a head's keys or values in a page.
static inline size_t CacheHeadBytes(CacheType type, size_t size) {
  if (type == CacheType::kF32) return kPageTokens * size * 4;
  if (type == CacheType::kF16) return kPageTokens * size * 2;
  return CacheScaleOffset(type, size) + kPageTokens * (size / kCacheBlock) * 2;
}

static inline void AddAndSubtract(float* a, float* b, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const float sum = a[i] + b[i];
    b[i] = a[i] - b[i];
    a[i] = sum;
  }
}

// The orthonormal Walsh-Hadamard transform of each stretch of a head, as long as the largest power
// of two that divides its size: its own inverse. Rotation before quantization: Ashkboos et al.,
// QuaRot, arXiv 2404.00456.
static inline void RotateHead(float* x, size_t size) {
  const size_t length = size & (~size + 1);
  for (size_t half = 1; half < length; half *= 2) {
    for (size_t i = 0; i < size; i += 2 * half) AddAndSubtract(x + i, x + i + half, half);
  }
  const float scale = 1 / __builtin_sqrtf(static_cast<float>(length));
  for (size_t i = 0; i < size; ++i) x[i] *= scale;
}

// A query against keys of a rotated type is rotated, and by most kernels rounded to int8, too, so
// that products are those of integers. Of 32 elements: writes their codes, returns the scale; NaN
// if one is no number.
static inline float CodeQuery(const float* x, int8_t* codes) {
  float largest = 0;
  for (size_t i = 0; i < kCacheBlock; ++i) {
    const float size = __builtin_fabsf(x[i]);
    if (!(size <= largest)) largest = size;
  }
  const float inverse = largest > 0 ? 127 / largest : 0;
  // To the nearest: from here on up floats have no room for fractions.
  const float shift = 12582912;
  for (size_t i = 0; i < kCacheBlock; ++i) {
    const float code = (x[i] * inverse + shift) - shift;
    codes[i] = code >= -127 && code <= 127 ? static_cast<int8_t>(code) : 0;
  }
  return largest / 127;
}

}  // namespace ingle
