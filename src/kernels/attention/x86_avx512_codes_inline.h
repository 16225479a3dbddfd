// Products of int8 codes of the cache, AVX-512 VNNI. See codes_inline.h.
#pragma once

#include "kernels/attention/tiles_inline.h"
#include "kernels/attention/x86_nibbles_inline.h"

namespace ingle {
namespace {

inline Words LoadCodes(const std::byte* from) { return _mm512_loadu_si512(from); }

// Of one query, in every lane, times those of each lane's key.
inline Words AddProducts(Words sum, Words keys, const int8_t* query) {
  int32_t four;
  __builtin_memcpy(&four, query, sizeof(four));
  return _mm512_dpbusd_epi32(sum, keys, SplatWord(four));
}

// The instruction wants keys without a sign.
inline constexpr int kOffsetOfQ8 = 128;

template <int R>
inline void MultiplyQ8(const int8_t* queries, const std::byte* keys, Words (&sum)[R]) {
  const Words offset = SplatWord(static_cast<int>(0x80808080));
  for (size_t i = 0; i < kCacheBlock / 4; ++i) {
    const Words key = Xor(LoadCodes(keys + i * 4 * kPageTokens), offset);
    Times<R>::Do([&](int r) __attribute__((always_inline)) {
      sum[r] = AddProducts(sum[r], key, queries + (i * R + static_cast<size_t>(r)) * 4);
    });
  }
}

template <int R>
inline void MultiplyQ4(const int8_t* queries, const std::byte* keys, Words (&sum)[R]) {
  constexpr int kLowOfBytes = 0x0F0F0F0F;
  for (size_t i = 0; i < kCacheBlock / 8; ++i) {
    const Words bytes = LoadCodes(keys + i * 4 * kPageTokens);
    const Words low = And(bytes, kLowOfBytes);
    const Words high = And(ShiftRight<4>(bytes), kLowOfBytes);
    Times<R>::Do([&](int r) __attribute__((always_inline)) {
      const int8_t* query = queries + (2 * i * R + static_cast<size_t>(r)) * 4;
      sum[r] = AddProducts(AddProducts(sum[r], low, query), high, query + 4 * R);
    });
  }
}

}  // namespace
}  // namespace ingle
