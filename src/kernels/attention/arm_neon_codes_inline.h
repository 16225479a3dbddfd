// Products of int8 codes of the cache, NEON. See codes_inline.h.
#pragma once

#include "kernels/attention/tiles_inline.h"

namespace ingle {
namespace {

// Four codes of each of eight positions, or of one query eight times.
struct FourOfEight {
  int8x16_t low, high;
};

inline int8x16_t FourCodes(const int8_t* codes) {
  int32_t four;
  __builtin_memcpy(&four, codes, sizeof(four));
  return vreinterpretq_s8_s32(vdupq_n_s32(four));
}

// Codes reach from -127 to 127, so that a sum of two products fits 16 bits.
inline int32x4_t AddProducts(int32x4_t sum, int8x16_t keys, int8x16_t query) {
  const int16x8_t first = vmull_s8(vget_low_s8(keys), vget_low_s8(query));
  return vpadalq_s16(sum, vpaddq_s16(first, vmull_high_s8(keys, query)));
}
inline Words AddProducts(Words sum, FourOfEight keys, const int8_t* query) {
  const int8x16_t four = FourCodes(query);
  return {AddProducts(sum.low, keys.low, four), AddProducts(sum.high, keys.high, four)};
}

inline constexpr int kOffsetOfQ8 = 0;

template <int R>
inline void MultiplyQ8(const int8_t* queries, const std::byte* keys, Words (&sum)[R]) {
  for (size_t i = 0; i < kCacheBlock / 4; ++i) {
    const auto* from = reinterpret_cast<const int8_t*>(keys + i * 4 * kPageTokens);
    const FourOfEight key = {vld1q_s8(from), vld1q_s8(from + 16)};
    Times<R>::Do([&](int r) __attribute__((always_inline)) {
      sum[r] = AddProducts(sum[r], key, queries + (i * R + static_cast<size_t>(r)) * 4);
    });
  }
}

template <int R>
inline void MultiplyQ4(const int8_t* queries, const std::byte* keys, Words (&sum)[R]) {
  const uint8x16_t mask = vdupq_n_u8(0x0F);
  const auto low_of = [&](uint8x16_t bytes) { return vreinterpretq_s8_u8(vandq_u8(bytes, mask)); };
  const auto high_of = [](uint8x16_t bytes) { return vreinterpretq_s8_u8(vshrq_n_u8(bytes, 4)); };
  for (size_t i = 0; i < kCacheBlock / 8; ++i) {
    const auto* from = reinterpret_cast<const uint8_t*>(keys + i * 4 * kPageTokens);
    const uint8x16_t bytes[2] = {vld1q_u8(from), vld1q_u8(from + 16)};
    const FourOfEight low = {low_of(bytes[0]), low_of(bytes[1])};
    const FourOfEight high = {high_of(bytes[0]), high_of(bytes[1])};
    Times<R>::Do([&](int r) __attribute__((always_inline)) {
      const int8_t* query = queries + (2 * i * R + static_cast<size_t>(r)) * 4;
      sum[r] = AddProducts(AddProducts(sum[r], low, query), high, query + 4 * R);
    });
  }
}

inline const std::byte* UnpackNibbles(const std::byte* head, size_t count, int8_t* to) {
  const int8x16_t eight = vdupq_n_s8(8);
  for (size_t i = 0; i < count; i += kCacheBlock) {
    const uint8x16_t bytes = vld1q_u8(reinterpret_cast<const uint8_t*>(head + i / 2));
    const uint8x16_t low = vandq_u8(bytes, vdupq_n_u8(0x0F));
    vst1q_s8(to + i, vsubq_s8(vreinterpretq_s8_u8(low), eight));
    vst1q_s8(to + i + 16, vsubq_s8(vreinterpretq_s8_u8(vshrq_n_u8(bytes, 4)), eight));
  }
  return reinterpret_cast<const std::byte*>(to);
}

}  // namespace
}  // namespace ingle
