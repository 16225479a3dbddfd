// Panels by a few tokens where vectors have eight lanes. Included after panel_products_inline.h,
// which says what a product is.
//
// Such instructions take an operand from memory, but do not broadcast it: with rows in the lanes,
// five of fifteen that a step and token take are broadcasts. So activations are spread first,
// once for all rows: a line is four columns of a token, in each of the eight lanes. What weights
// are multiplied with then costs no instruction of its own, and they stay in the registers that
// they were unpacked to.
//
// Spread activations are eight times as many bytes: a piece of the columns whose lines fit the
// first-level cache passes by some panels, whose sums stay in the second-level cache for the next.
//
// An instruction set has, besides what panel_products_inline.h wants:
//
//   MultiplierAt(x, token, i) the form of a multiplier, four bytes, that it wants beside the lines
//   ForEachProduct<codes, steps, multipliers, n>(weights, start, lines, done)
//                             done(i, product) for each i below the constant n: the product of a
//                             stretch's weights, weights(0) and on, with the lines and multipliers
//                             of lines(i), exact until it is rounded once to a float
#pragma once

#include "kernels/matmul/panel_products_inline.h"

namespace ingle {
namespace {

inline const std::byte* AsBytes(const void* p) { return static_cast<const std::byte*>(p); }

// A stretch, four columns a line, and its multipliers, each of as many lines: a token a lane, or
// one in all of them.
template <int kSteps, int kMultipliers = kSteps>
struct TokenLines {
  int8_t q[4 * kSteps][4 * kLanes];
  uint8_t multipliers[kMultipliers][4 * kLanes];
};

inline constexpr size_t kSpreadTokens = 8;   // whose sums fit the registers
inline constexpr size_t kSpreadSteps = 128;  // of a token or several: 20 KB
inline constexpr size_t kSpreadPanels = 32;

struct SpreadScratch {
  TokenLines<1> lines[kSpreadSteps];            // of each stretch, of one step or two, the tokens
  float sums[kSpreadSteps][kLanes];             // so too: what a minimum is multiplied with, or
                                                // is added to a product of centred codes
  float minimum[kSides][kSpreadSteps][kLanes];  // of a panel
  // Of each panel and token, so far.
  float dots[kSpreadPanels][kSides][kSpreadTokens][kLanes];
  float minimums[kSpreadPanels][kSides][kSpreadTokens][kLanes];
};
static_assert(sizeof(SpreadScratch) <= kPanelScratchFloats * sizeof(float));

// Sums of some sides of a panel, and where they are kept.
using KeptSums = float (*)[kSpreadTokens][kLanes];
template <int kSidesAtOnce, int kTokens>
struct SpreadSums {
  Floats of[kSidesAtOnce][kTokens] = {};

  void Load(KeptSums kept) {
    ForEach([&](auto s, auto t) { of[s][t] = FloatsAt(kept[s][t]); });
  }
  void Save(KeptSums kept) const {
    ForEach([&](auto s, auto t) { Put(kept[s][t], of[s][t]); });
  }
  // Adds a block, which begins at a step, to what is kept.
  void EndBlock(const Tokens& x, size_t step, KeptSums kept) const {
    ForEach([&](auto s, auto t) { AddBlock(of[s][t], x, t, step, kept[s][t]); });
  }

 private:
  template <class Body>
  static void ForEach(const Body& body) {
    Unrolled<kSidesAtOnce>([&](auto s) { Unrolled<kTokens>([&](auto t) { body(s, t); }); });
  }
};

// A piece of a panel, and the same piece of the next one.
template <class Type>
struct Piece {
  using Panel = typename Type::Panel;
  const Panel* begin;
  const Panel* end;
  const Panel* next;

  // Asks for the next panel's group, in as many parts as there are passes over this one's sides:
  // evenly, so that memory never has more under way than it can.
  template <int kSidesAtOnce>
  void Prefetch(const Panel* panel, int group, int side) const {
    constexpr size_t kBytes = kGroupBytes<Type> * kSidesAtOnce / kSides;
    const char* at = GroupOf(next + (panel - begin), kGroupBytes<Type>, group);
    ingle::Prefetch<Cache::kSecondLevel>(at + static_cast<size_t>(side / kSidesAtOnce) * kBytes,
                                         kBytes);
  }
};

template <class Isa, class Type, int kTokens>
struct SpreadProducts {
  static constexpr Codes kCodes = Isa::LikeCodes(Type::kCodes);
  static constexpr bool kSigned = kCodes == Codes::kSigned;
  static constexpr bool kCentred = kCodes == Codes::kCentred;
  static constexpr int kSteps = Type::kScaleSteps;
  // The columns of a piece, by sixteen: whole blocks of them.
  static constexpr size_t kPieceSteps = kSpreadSteps / kTokens / kBlockSteps * kBlockSteps;
  static constexpr int kSidesAtOnce = kTokens <= 4 ? kSides : 1;
  using Lines = TokenLines<kSteps>;
  using Sums = SpreadSums<kSidesAtOnce, kTokens>;
  static_assert(kPieceSteps > 0 && sizeof(Lines) == kSteps * sizeof(TokenLines<1>));

  const MatMulTask& task;
  size_t first_row;
  size_t panels;
  size_t first_token;
  SpreadScratch& scratch;

  void Run() const {
    const size_t steps = task.columns / 16;
    for (size_t begin = 0; begin < steps; begin += kPieceSteps) {
      const size_t end = begin + kPieceSteps < steps ? begin + kPieceSteps : steps;
      const Pass pass{first_token, begin, end};
      Spread(pass);
      for (size_t i = 0; i < panels; ++i) AddPanel(pass, first_row + i * kPanelRows, i);
    }
    for (size_t i = 0; i < panels; ++i) StorePanel(first_row + i * kPanelRows, i);
  }

 private:
  Lines* lines() const { return reinterpret_cast<Lines*>(scratch.lines); }

  [[gnu::flatten, gnu::noinline]] void Spread(const Pass& pass) const {
    const Tokens x = TokensOf(task, first_token);
    const Bytes tops = Splat(Isa::kLifts && kSigned ? static_cast<int>(0x80808080) : 0);
    Lines* to = lines();
    for (size_t step = pass.begin; step < pass.end; step += kSteps) {
      for (size_t t = 0; t < kTokens; ++t, ++to) {
        const std::byte* q = x.At(t, step);
        Unrolled<4 * kSteps>([&](auto i) { Put(to->q[i], Xor(SplatFourAt(q + 4 * i), tops)); });
        Unrolled<kSteps>([&](auto i) {
          Put(to->multipliers[i], SplatFourAt(Isa::MultiplierAt(x, t, step + i)));
        });
      }
    }
    if constexpr (Type::kHasMinimums || kCentred) SpreadSumsOf(x, pass);
  }

  void SpreadSumsOf(const Tokens& x, const Pass& pass) const {
    float(*to)[kLanes] = scratch.sums;
    for (size_t step = pass.begin; step < pass.end; step += kSteps) {
      for (size_t t = 0; t < kTokens; ++t, ++to) {
        Put(*to, kCentred ? x.Centre(t, step) : x.Sum<kSteps>(t, step));
      }
    }
  }

  void AddPanel(const Pass& pass, size_t row, size_t i) const {
    const auto* panel = PanelOf<Type>(task, row);
    const auto* next = PanelOf<Type>(task, row + kPanelRows);
    const Piece<Type> piece{panel + pass.begin / Type::kSteps, panel + pass.end / Type::kSteps,
                            next + pass.begin / Type::kSteps};
    for (int side = 0; side < kSides; side += kSidesAtOnce) {
      AddDots(pass, piece, side, scratch.dots[i] + side);
      if constexpr (Type::kHasMinimums) AddMinimums(pass, scratch.minimums[i] + side);
    }
  }

  // The products of a piece, but for the minimums, which are left in the scratch.
  [[gnu::flatten, gnu::noinline]] void AddDots(const Pass& pass, const Piece<Type>& piece, int side,
                                               KeptSums kept) const {
    const Tokens x = TokensOf(task, first_token);
    const Lines* at = lines();
    size_t stretch = 0;
    const auto* panel = piece.begin;
    for (size_t begin = pass.begin; begin < pass.end; begin += kBlockSteps) {
      const size_t end = begin + kBlockSteps < pass.end ? begin + kBlockSteps : pass.end;
      Sums sums;
      for (size_t step = begin; step < end; step += Type::kSteps, ++panel) {
        typename Type::Scales scales[kSidesAtOnce];
        Unrolled<kSidesAtOnce>([&](auto s) { scales[s] = Type::Decode(*panel, side + s); });
        for (int group = 0; group < Type::kSteps / 2; ++group) {
          piece.template Prefetch<kSidesAtOnce>(panel, group, side);
          Unrolled<2 / kSteps>([&](auto half) {
            Unrolled<kSidesAtOnce>([&](auto s) {
              AddStretch<half>(*panel, scales[s], group, side + s, at,
                               scratch.sums + stretch * kTokens, scratch.minimum[s][stretch],
                               sums.of[s]);
            });
            at += kTokens;
            ++stretch;
          });
        }
      }
      sums.EndBlock(x, begin, kept);
    }
  }

  template <int kHalf>
  static void AddStretch(const typename Type::Panel& panel, const typename Type::Scales& scales,
                         int group, int side, const Lines* at, const float (*centres)[kLanes],
                         float* minimum, Floats (&sums)[kTokens]) {
    Bytes q[4 * kSteps];
    Words start[kSteps]{};
    Floats scale;
    Unrolled<kSteps>([&](auto i) {
      const Weights w = Type::template Load<kHalf + i>(panel, scales, group, side);
      Unrolled<4>([&](auto line) { q[4 * i + line] = w.q[line]; });
      if constexpr (Isa::kHasStart && kSigned) start[i] = Isa::Start(w.q);
      if constexpr (i == 0 && Type::kHasMinimums) Put(minimum, w.minimum);
      scale = w.scale;
    });
    Isa::template ForEachProduct<kCodes, kSteps, kSteps, kTokens>(
        [&](int line) { return q[line]; }, start, [&](int t) -> const auto& { return at[t]; },
        [&](int t, Floats product) {
          if constexpr (kCentred) product = Add(product, FloatsAt(centres[t]));
          sums[t] = Fma(product, scale, sums[t]);
        });
  }

  [[gnu::flatten, gnu::noinline]] void AddMinimums(const Pass& pass, KeptSums kept) const {
    const float(*sum)[kLanes] = scratch.sums;
    Sums sums;
    if (pass.begin > 0) sums.Load(kept);
    for (size_t i = 0; i < pass.steps() / kSteps; ++i, sum += kTokens) {
      Unrolled<kSidesAtOnce>([&](auto s) {
        const Floats minimum = FloatsAt(scratch.minimum[s][i]);
        Unrolled<kTokens>(
            [&](auto t) { sums.of[s][t] = Fma(minimum, FloatsAt(sum[t]), sums.of[s][t]); });
      });
    }
    sums.Save(kept);
  }

  void StorePanel(size_t row, size_t i) const {
    for (size_t side = 0; side < kSides; ++side) {
      for (size_t t = 0; t < kTokens; ++t) {
        Floats sum = FloatsAt(scratch.dots[i][side][t]);
        if constexpr (Type::kHasMinimums) sum = Add(sum, FloatsAt(scratch.minimums[i][side][t]));
        Store(task, first_token + t, row + kLanes * side, sum);
      }
    }
  }
};

// run(first row, panels) for all rows, some panels at a time. What runs over them several times
// finds them in a cache then, where a matrix would come from memory each time.
template <class Run>
inline void ForEachPanels(const MatMulTask& task, size_t at_once, const Run& run) {
  const size_t panels = (task.row_end - task.row_begin + kPanelRows - 1) / kPanelRows;
  ForEachTile(panels, at_once,
              [&](size_t panel, size_t count) { run(task.row_begin + panel * kPanelRows, count); });
}

// Some panels by all tokens from `first` on.
template <class Isa, class Type>
void MultiplySpread(const MatMulTask& task, size_t row, size_t panels, size_t first) {
  SpreadScratch& scratch = *reinterpret_cast<SpreadScratch*>(task.scratch);
  ForEachTile(task.tokens - first, kSpreadTokens, [&](size_t token, size_t count) {
    WithCount<1, kSpreadTokens>(count, [&](auto n) {
      SpreadProducts<Isa, Type, n>{task, row, panels, first + token, scratch}.Run();
    });
  });
}

template <class Isa, class Type>
void MultiplySpread(const MatMulTask& task) {
  ForEachPanels(task, kSpreadPanels, [&](size_t row, size_t panels) {
    MultiplySpread<Isa, Type>(task, row, panels, 0);
  });
}

}  // namespace
}  // namespace ingle
