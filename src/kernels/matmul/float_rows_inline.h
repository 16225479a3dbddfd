// Float weights in rows times f32 activations, on any instruction set. Included after its lanes
// (x86_avx512_lanes_inline.h, arm_neon_lanes_inline.h), in which neighbouring columns stand here.
//
// A tile is some rows by some tokens, each pair with sums of its own: those go through the columns
// in order, so they do not depend on the tile. The end of a row is filled up with zeros and takes
// the same instructions.
//
// An instruction set has:
//
//   kVectors      of a step: so many sums has a pair, next to each other, as few lanes would make
//                 long sums
//   kMostTokens   of a tile
//   RowsOf(tokens)   how many rows such a tile has; a divisor of kRowBlock
//   Sum(v)        of the lanes, in one order
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/matmul/float_kernels.h"
#include "kernels/matmul/unrolled_inline.h"

namespace ingle {
namespace {

// These rows stay in the second-level cache while all tokens pass.
constexpr size_t kRowBlock = 24;

struct F32Weights {
  using Element = float;
  static Floats At(const float* p) { return FloatsAt(p); }
  static Floats FirstAt(const float* p, size_t count) { return FirstFloatsAt(p, count); }
};

struct F16Weights {
  using Element = uint16_t;
  static Floats At(const uint16_t* p) { return HalvesAt(p); }
  static Floats FirstAt(const uint16_t* p, size_t count) { return FirstHalvesAt(p, count); }
};

struct BF16Weights {
  using Element = uint16_t;
  static Floats At(const uint16_t* p) { return AsFloats(ShiftLeft<16>(WideWordsAt(p))); }
  static Floats FirstAt(const uint16_t* p, size_t count) {
    return AsFloats(ShiftLeft<16>(FirstWideWordsAt(p, count)));
  }
};

struct WholeVectors {
  template <class Weights>
  static Floats WeightsAt(const typename Weights::Element* p, size_t) {
    return Weights::At(p);
  }
  static Floats InputAt(const float* p, size_t) { return FloatsAt(p); }
};

// Of what is left of a row, from a place in it on: nothing beyond is read.
struct EndOfRow {
  size_t columns;

  size_t CountFrom(size_t at) const {
    const size_t left = at < columns ? columns - at : 0;
    return left < kLanes ? left : kLanes;
  }
  template <class Weights>
  Floats WeightsAt(const typename Weights::Element* p, size_t at) const {
    return Weights::FirstAt(p, CountFrom(at));
  }
  Floats InputAt(const float* p, size_t at) const { return FirstFloatsAt(p, CountFrom(at)); }
};

inline void StoreSum(const MatMulTask& task, size_t row, size_t token, float value) {
  if (task.bias != nullptr) value += task.bias[row];
  if (task.residual != nullptr) value += task.residual[token * task.residual_stride + row];
  task.output[token * task.output_stride + row] = value;
}

template <class Isa, class Weights, int kRows, int kTokens>
struct FloatTile {
  using Element = typename Weights::Element;

  const Element* weights[kRows];
  const float* input[kTokens];
  Floats sums[kRows][kTokens][Isa::kVectors] = {};

  FloatTile(const MatMulTask& task, size_t row, size_t token) {
    Unrolled<kRows>([&](auto r) {
      weights[r] =
          reinterpret_cast<const Element*>(task.weights + (row + r) * task.weight_row_bytes);
    });
    Unrolled<kTokens>([&](auto t) {
      input[t] = reinterpret_cast<const float*>(task.input + (token + t) * task.input_row_bytes);
    });
  }

  // Adds the products of a step. Of the fewer, rows or tokens, all vectors are kept in registers.
  template <class Vectors>
  void Add(const Vectors& vectors, size_t column) {
    Unrolled<Isa::kVectors>([&](auto v) {
      const size_t at = column + kLanes * v;
      const auto w = [&](int r) {
        return vectors.template WeightsAt<Weights>(weights[r] + at, at);
      };
      const auto x = [&](int t) { return vectors.InputAt(input[t] + at, at); };
      if constexpr (kRows <= kTokens) {
        Floats kept[kRows];
        Unrolled<kRows>([&](auto r) { kept[r] = w(r); });
        Unrolled<kTokens>([&](auto t) {
          const Floats passing = x(t);
          Unrolled<kRows>([&](auto r) { sums[r][t][v] = Fma(kept[r], passing, sums[r][t][v]); });
        });
      } else {
        Floats kept[kTokens];
        Unrolled<kTokens>([&](auto t) { kept[t] = x(t); });
        Unrolled<kRows>([&](auto r) {
          const Floats passing = w(r);
          Unrolled<kTokens>([&](auto t) { sums[r][t][v] = Fma(passing, kept[t], sums[r][t][v]); });
        });
      }
    });
  }

  float Total(int row, int token) const {
    Floats sum = sums[row][token][0];
    for (int v = 1; v < Isa::kVectors; ++v) sum = ingle::Add(sum, sums[row][token][v]);
    return Isa::Sum(sum);
  }
};

template <class Isa, class Weights, int kRows, int kTokens>
[[gnu::flatten, gnu::noinline]] void MultiplyFloatTile(const MatMulTask& task, size_t row,
                                                       size_t token) {
  FloatTile<Isa, Weights, kRows, kTokens> tile(task, row, token);
  constexpr size_t kStep = kLanes * Isa::kVectors;
  size_t column = 0;
  for (; column + kStep <= task.columns; column += kStep) tile.Add(WholeVectors{}, column);
  if (column < task.columns) tile.Add(EndOfRow{task.columns}, column);
  Unrolled<kTokens>([&](auto t) {
    Unrolled<kRows>([&](auto r) { StoreSum(task, row + r, token + t, tile.Total(r, t)); });
  });
}

template <class Isa, class Weights>
void MultiplyFloatRows(const MatMulTask& task) {
  for (size_t begin = task.row_begin; begin < task.row_end; begin += kRowBlock) {
    const size_t end = begin + kRowBlock < task.row_end ? begin + kRowBlock : task.row_end;
    ForEachTile(task.tokens, Isa::kMostTokens, [&](size_t token, size_t count) {
      WithCount<1, Isa::kMostTokens>(count, [&](auto tokens) {
        constexpr int kTokens = tokens;
        constexpr int kRows = Isa::RowsOf(kTokens);
        size_t row = begin;
        for (; row + kRows <= end; row += kRows) {
          MultiplyFloatTile<Isa, Weights, kRows, kTokens>(task, row, token);
        }
        for (; row < end; ++row) MultiplyFloatTile<Isa, Weights, 1, kTokens>(task, row, token);
      });
    });
  }
}

template <class Isa>
constexpr FloatKernels FloatKernelsOf() noexcept {
  return {MultiplyFloatRows<Isa, F32Weights>, MultiplyFloatRows<Isa, F16Weights>,
          MultiplyFloatRows<Isa, BF16Weights>};
}

}  // namespace
}  // namespace ingle
