// The two products of attention in registers. A number is one chain of fused multiplications
// and additions, in order, so it is the same in a tile of any height.
#pragma once

#include "kernels/attention/attention_task.h"
#include "kernels/attention/pages_inline.h"
#include "kernels/eight_inline.h"

namespace ingle {
namespace {

inline constexpr size_t kTileRows = 6;

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

// Calls body(Rows<R>) for that many rows.
template <int R>
struct Rows {
  static constexpr int kCount = R;
};
template <class Body>
inline void WithRows(size_t rows, const Body& body) {
  switch (rows) {
    case 1:
      return body(Rows<1>());
    case 2:
      return body(Rows<2>());
    case 3:
      return body(Rows<3>());
    case 4:
      return body(Rows<4>());
    case 5:
      return body(Rows<5>());
    default:
      return body(Rows<6>());
  }
}

// scores[r, lane] = query r · key of the position. queries: [size, R]; keys: [size, kPageTokens].
template <int R, int V, class Source>
inline void ScoreColumns(const float* queries, const typename Source::Element* keys, size_t size,
                         float* scores) {
  Floats sum[R][V];
  ForTile<R, V>([&](int r, int v) __attribute__((always_inline)) { sum[r][v] = Splat(0); });
  for (size_t i = 0; i < size; ++i, keys += kPageTokens, queries += R) {
    Floats key[V];
    Times<V>::Do([&](int v)
                     __attribute__((always_inline)) { key[v] = Source::Load(keys + 8 * v); });
    Times<R>::Do([&](int r) __attribute__((always_inline)) {
      const Floats query = SplatAt(queries + r);
      Times<V>::Do([&](int v) __attribute__((always_inline)) {
        sum[r][v] = Fma(query, key[v], sum[r][v]);
      });
    });
  }
  ForTile<R, V>([&](int r, int v) __attribute__((always_inline)) {
    Put(scores + static_cast<size_t>(r) * kScoreStride + 8 * v, sum[r][v]);
  });
}

// A page's scores. Few rows take more columns at once, for enough chains to keep all units busy.
template <class Source>
inline void ScorePage(size_t rows, const float* queries, const std::byte* keys, size_t size,
                      float* scores) {
  WithRows(rows, [&](auto r) {
    constexpr int kRows = decltype(r)::kCount;
    constexpr int kVectors = kRows <= 2 ? 4 : 2;
    for (size_t at = 0; at < kPageTokens; at += 8 * kVectors) {
      ScoreColumns<kRows, kVectors, Source>(queries, ElementsOf<Source>(keys) + at, size,
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
    sum[r][v] = FloatsAt(sums + static_cast<size_t>(r) * stride + 8 * v);
  });
  for (const float* const end = weights + w.positions; weights != end; ++weights) {
    Floats value[V];
    Times<V>::Do([&](int v)
                     __attribute__((always_inline)) { value[v] = Source::Load(values + 8 * v); });
    Times<R>::Do([&](int r) __attribute__((always_inline)) {
      const Floats weight = SplatAt(weights + static_cast<size_t>(r) * kScoreStride);
      Times<V>::Do([&](int v) __attribute__((always_inline)) {
        sum[r][v] = Fma(weight, value[v], sum[r][v]);
      });
    });
    values += stride;
  }
  ForTile<R, V>([&](int r, int v) __attribute__((always_inline)) {
    Put(sums + static_cast<size_t>(r) * stride + 8 * v, sum[r][v]);
  });
}

// Of columns [begin, end): sums[r] += weights[r, p] * values[p], position by position. begin and
// end: multiples of 16.
template <class Source>
inline void AddValues(size_t rows, const WeighedValues<Source>& w, size_t begin, size_t end) {
  WithRows(rows, [&](auto r) {
    constexpr int kRows = decltype(r)::kCount;
    size_t at = begin;
    if (kRows <= 2) {
      for (; at + 32 <= end; at += 32) AddColumns<kRows, 4, Source>(w, at);
    }
    for (; at < end; at += 16) AddColumns<kRows, 2, Source>(w, at);
  });
}

}  // namespace
}  // namespace ingle
