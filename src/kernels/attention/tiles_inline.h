// The two products of attention in registers. A number is one chain of fused multiplications
// and additions, in order, so it is the same in a tile of any height.
#pragma once

#include "kernels/attention/attention_task.h"
#include "kernels/attention/pages_inline.h"
#include "kernels/eight_inline.h"

namespace ingle {
namespace {

// As many rows by two vectors as registers hold as sums.
inline constexpr size_t kTileRows = kLanes == 16 ? 12 : 6;
static_assert(kTileRows <= kAttentionTileRows);

// body(0) to body(N - 1), written out: sums in arrays go to registers only where every index is a
// constant before the compiler takes arrays apart.
template <int N>
struct Times {
  template <class Body>
  static inline __attribute__((always_inline)) void Do(const Body& body) {
    Times<N - 1>::Do(body);
    body(N - 1);
  }
};
template <>
struct Times<0> {
  template <class Body>
  static inline __attribute__((always_inline)) void Do(const Body&) {}
};

// body(r, v) of R rows and V vectors.
template <int R, int V, class Body>
inline __attribute__((always_inline)) void ForTile(const Body& body) {
  Times<R>::Do([&](int r) __attribute__((always_inline)) {
    Times<V>::Do([&](int v) __attribute__((always_inline)) { body(r, v); });
  });
}

// Calls body(Rows<R>) for that many rows, at most kMost.
template <int R>
struct Rows {
  static constexpr int kCount = R;
};
template <int kMost = static_cast<int>(kTileRows), class Body>
inline void WithRows(size_t rows, const Body& body) {
  if constexpr (kMost > 1) {
    if (rows < size_t{kMost}) return WithRows<kMost - 1>(rows, body);
  }
  body(Rows<kMost>());
}

// Vectors that a tile of R rows has side by side. Few rows take more of them, for enough chains to
// keep all units busy.
template <int R>
inline constexpr int kVectorsOf = R <= static_cast<int>(kTileRows) / 3 ? 4 : 2;

// scores[r, lane] = query r · key of the position. queries: [size, R]; keys: [size, kPageTokens].
template <int R, int V, class Source>
inline void ScoreColumns(const float* queries, const typename Source::Element* keys, size_t size,
                         ptrdiff_t ahead, float* scores) {
  Floats sum[R][V];
  ForTile<R, V>([&](int r, int v) __attribute__((always_inline)) { sum[r][v] = Splat(0); });
  for (size_t i = 0; i < size; ++i, keys += kPageTokens, queries += R) {
    FetchAhead<Source, V>(keys, ahead);
    Floats key[V];
    Times<V>::Do([&](int v) __attribute__((always_inline)) {
      key[v] = Source::Load(keys + kLanes * static_cast<size_t>(v));
    });
    Times<R>::Do([&](int r) __attribute__((always_inline)) {
      const Floats query = SplatAt(queries + r);
      Times<V>::Do([&](int v) __attribute__((always_inline)) {
        sum[r][v] = Fma(query, key[v], sum[r][v]);
      });
    });
  }
  ForTile<R, V>([&](int r, int v) __attribute__((always_inline)) {
    const size_t at = static_cast<size_t>(r) * kScoreStride + kLanes * static_cast<size_t>(v);
    Put(scores + at, sum[r][v]);
  });
}

// A page's scores.
template <class Source>
inline void ScorePage(size_t rows, const float* queries, const std::byte* keys, size_t size,
                      ptrdiff_t ahead, float* scores) {
  WithRows(rows, [&](auto r) {
    constexpr int kRows = decltype(r)::kCount;
    constexpr int kPageVectors = kPageTokens / kLanes;
    constexpr int kVectors = kVectorsOf<kRows> < kPageVectors ? kVectorsOf<kRows> : kPageVectors;
    for (size_t at = 0; at < kPageTokens; at += kLanes * size_t{kVectors}) {
      ScoreColumns<kRows, kVectors, Source>(queries, ElementsOf<Source>(keys) + at, size, ahead,
                                            scores + at);
    }
  });
}

// Where the weights of some rows, the values of some positions, and the sums are.
template <class Source>
struct WeighedValues {
  const float* weights;                    // [rows, kScoreStride]
  const typename Source::Element* values;  // [positions, stride]
  size_t positions;
  ptrdiff_t ahead;
  float* sums;  // [rows, stride]
  size_t stride;
};

template <int R, int V, class Source>
inline void AddColumns(const WeighedValues<Source>& w, size_t at) {
  float* sums = w.sums + at;
  const typename Source::Element* values = w.values + at;
  const float* weights = w.weights;
  const size_t stride = w.stride;
  Floats sum[R][V];
  ForTile<R, V>([&](int r, int v) __attribute__((always_inline)) {
    const size_t column = kLanes * static_cast<size_t>(v);
    sum[r][v] = FloatsAt(sums + static_cast<size_t>(r) * stride + column);
  });
  for (const float* const end = weights + w.positions; weights != end; ++weights) {
    FetchAhead<Source, V>(values, w.ahead);
    Floats value[V];
    Times<V>::Do([&](int v) __attribute__((always_inline)) {
      value[v] = Source::Load(values + kLanes * static_cast<size_t>(v));
    });
    Times<R>::Do([&](int r) __attribute__((always_inline)) {
      const Floats weight = SplatAt(weights + static_cast<size_t>(r) * kScoreStride);
      Times<V>::Do([&](int v) __attribute__((always_inline)) {
        sum[r][v] = Fma(weight, value[v], sum[r][v]);
      });
    });
    values += stride;
  }
  ForTile<R, V>([&](int r, int v) __attribute__((always_inline)) {
    const size_t column = kLanes * static_cast<size_t>(v);
    Put(sums + static_cast<size_t>(r) * stride + column, sum[r][v]);
  });
}

// Of columns [begin, end): sums[r] += weights[r, p] * values[p], position by position. begin and
// end: multiples of 16.
template <class Source>
inline void AddValues(size_t rows, const WeighedValues<Source>& w, size_t begin, size_t end) {
  WithRows(rows, [&](auto r) {
    constexpr int kRows = decltype(r)::kCount;
    size_t at = begin;
    if constexpr (kVectorsOf<kRows> == 4) {
      for (; at + 4 * kLanes <= end; at += 4 * kLanes) AddColumns<kRows, 4, Source>(w, at);
    }
    for (; at + 2 * kLanes <= end; at += 2 * kLanes) AddColumns<kRows, 2, Source>(w, at);
    if constexpr (kLanes == 16) {
      if (at < end) AddColumns<kRows, 1, Source>(w, at);
    }
  });
}

}  // namespace
}  // namespace ingle
