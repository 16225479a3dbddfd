// Scores of quantized keys: products of int8 codes, summed exactly in integers over each block of
// 32 elements, then multiplied by the scales of both sides. The products are the instruction set's
// own, in a file that is included before this:
//
//   MultiplyQ8<R>(queries, keys, sum), MultiplyQ4<R>(queries, keys, sum)
//       of one block, as many positions as there are lanes and R rows; keys: the positions' codes
//       of the block's first elements
//   kOffsetOfQ8
//       what the former takes every key's code for more than it is
//   UnpackNibbles(head, count, to)
//       codes of Q4_0, -8 to 7, as bytes; count is a multiple of 32
#pragma once

#include "kernels/attention/tiles_inline.h"

namespace ingle {
namespace {

// Queries of a tile in int8, for each block of 32 elements: the codes of four elements of R rows
// side by side, eight times; then each row's scale, and the sum of its codes.
struct CodedQueries {
  const int8_t* codes;  // [size / 4, R, 4]
  const float* scales;  // [size / 32, R]
  const int32_t* sums;  // [size / 32, R]
};

// Scores of a page's positions from `at` on, one a lane.
template <int R, CacheType type>
inline void ScoreLanes(const CodedQueries& queries, const std::byte* keys, size_t size, size_t at,
                       float* scores) {
  constexpr size_t kBlockBytes = kPageTokens * (type == CacheType::kQ8_0 ? 32 : 16);
  constexpr int kOffset = type == CacheType::kQ8_0 ? kOffsetOfQ8 : 8;
  const uint16_t* scales = ElementsOf<HalfSource>(keys + CacheScaleOffset(type, size)) + at;
  Floats score[R];
  Times<R>::Do([&](int r) __attribute__((always_inline)) { score[r] = Splat(0); });
  for (size_t block = 0; block < size / kCacheBlock; ++block) {
    const int8_t* codes = queries.codes + block * kCacheBlock * R;
    const std::byte* block_keys = keys + block * kBlockBytes + at * 4;
    Words sum[R];
    Times<R>::Do([&](int r) __attribute__((always_inline)) {
      sum[r] = SplatWord(-kOffset * queries.sums[block * R + static_cast<size_t>(r)]);
    });
    if (type == CacheType::kQ8_0) {
      MultiplyQ8<R>(codes, block_keys, sum);
    } else {
      MultiplyQ4<R>(codes, block_keys, sum);
    }
    const Floats key_scales = HalvesAt(scales + block * kPageTokens);
    Times<R>::Do([&](int r) __attribute__((always_inline)) {
      const Floats scale =
          Mul(key_scales, SplatAt(queries.scales + block * R + static_cast<size_t>(r)));
      score[r] = Fma(ToFloats(sum[r]), scale, score[r]);
    });
  }
  Times<R>::Do([&](int r) __attribute__((always_inline)) {
    Put(scores + static_cast<size_t>(r) * kScoreStride + at, score[r]);
  });
}

// A page's scores. keys: the head's part of the page.
template <CacheType type>
inline void ScoreCodes(size_t rows, const CodedQueries& queries, const std::byte* keys, size_t size,
                       float* scores) {
  WithRows(rows, [&](auto r) {
    for (size_t at = 0; at < kPageTokens; at += kLanes) {
      ScoreLanes<decltype(r)::kCount, type>(queries, keys, size, at, scores);
    }
  });
}

}  // namespace
}  // namespace ingle
