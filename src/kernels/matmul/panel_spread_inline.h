// Panels by a few tokens where vectors have eight lanes. Included after panel_products_inline.h,
// which says what a product is.
//
// Such instructions take an operand from memory, but do not broadcast it: with rows in the lanes,
// five of the sixteen that a step and token take are broadcasts. So activations are spread first,
// once for all rows: a line is four columns of a token, in each of the eight lanes. What weights
// are multiplied with then costs no instruction of its own, and they stay in the registers that
// they were unpacked to.
//
// Spread activations are eight times as many bytes: a piece of the columns whose lines fit the
// first-level cache passes by some panels, whose sums stay in the second-level cache for the next.
//
// An instruction set has, besides what panel_products_inline.h wants:
//
//   ForEachDot<codes, n>(q, start, lines, done)   done(i, dot) for each i below n, a constant,
//   where
//                                                 dot is the exact products, a word a lane, of four
//                                                 vectors of weights with the four of lines(i)
#pragma once

#include "kernels/matmul/panel_products_inline.h"

namespace ingle {
namespace {

inline const std::byte* AsBytes(const void* p) { return static_cast<const std::byte*>(p); }

// Sixteen columns, four a line, and their scale: a token a lane, or one in all of them.
struct TokenLines {
  int8_t q[4][4 * kLanes];
  float scale[kLanes];
};

inline constexpr size_t kSpreadTokens = 8;   // whose sums fit the registers
inline constexpr size_t kSpreadSteps = 128;  // of a token or several: 20 KB
inline constexpr size_t kSpreadPanels = 32;

struct SpreadScratch {
  TokenLines lines[kSpreadSteps];               // of each step the tokens
  float sums[kSpreadSteps][kLanes];             // of what a minimum is multiplied with; so too
  float minimum[kSides][kSpreadSteps][kLanes];  // of a panel
  // Of each panel and token, so far.
  float dots[kSpreadPanels][kSides][kSpreadTokens][kLanes];
  float minimums[kSpreadPanels][kSides][kSpreadTokens][kLanes];
};
static_assert(sizeof(SpreadScratch) <= kPanelScratchFloats * sizeof(float));

// Sums of some sides of a panel, and where they are kept from piece to piece.
template <int kSidesAtOnce, int kTokens>
struct SpreadSums {
  using Kept = float (*)[kSpreadTokens][kLanes];
  Floats of[kSidesAtOnce][kTokens] = {};

  void Load(Kept kept) {
    Unrolled<kSidesAtOnce>(
        [&](auto s) { Unrolled<kTokens>([&](auto t) { of[s][t] = FloatsAt(kept[s][t]); }); });
  }
  void Save(Kept kept) const {
    Unrolled<kSidesAtOnce>(
        [&](auto s) { Unrolled<kTokens>([&](auto t) { Put(kept[s][t], of[s][t]); }); });
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
  static constexpr int kMinimumSteps = Type::kMinimumSteps;
  // The columns of a piece, by sixteen: whole blocks.
  static constexpr size_t kFitting = kSpreadSteps / kTokens / Type::kSteps * Type::kSteps;
  static constexpr size_t kPieceSteps = kFitting > 0 ? kFitting : Type::kSteps;
  static constexpr int kSidesAtOnce = kTokens <= 4 ? kSides : 1;
  using Sums = SpreadSums<kSidesAtOnce, kTokens>;
  static_assert(kPieceSteps * kTokens <= kSpreadSteps);

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
  [[gnu::flatten, gnu::noinline]] void Spread(const Pass& pass) const {
    const Tokens x = TokensOf(task, first_token);
    const Bytes tops = Splat(Isa::kLifts && kSigned ? static_cast<int>(0x80808080) : 0);
    TokenLines* to = scratch.lines;
    for (size_t step = pass.begin; step < pass.end; ++step) {
      for (size_t t = 0; t < kTokens; ++t, ++to) {
        const std::byte* q = x.At(t, step);
        Unrolled<4>([&](auto i) { Put(to->q[i], Xor(SplatFourAt(q + 4 * i), tops)); });
        Put(to->scale, x.Scale(t, step));
      }
    }
    if constexpr (kMinimumSteps > 0) SpreadSumsOf(x, pass);
  }

  void SpreadSumsOf(const Tokens& x, const Pass& pass) const {
    float(*to)[kLanes] = scratch.sums;
    for (size_t step = pass.begin + kMinimumSteps - 1; step < pass.end; step += kMinimumSteps) {
      for (size_t t = 0; t < kTokens; ++t, ++to) {
        const Floats last = x.Sum(t, step);
        Put(*to, kMinimumSteps == 2 ? Add(x.Sum(t, step - 1), last) : last);
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
      if constexpr (kMinimumSteps > 0) AddMinimums(pass, scratch.minimums[i] + side);
    }
  }

  // The products of a piece, but for the minimums, which are left in the scratch.
  [[gnu::flatten, gnu::noinline]] void AddDots(const Pass& pass, const Piece<Type>& piece, int side,
                                               typename Sums::Kept kept) const {
    const TokenLines* lines = scratch.lines;
    size_t minimums = 0;
    Sums sums;
    if (pass.begin > 0) sums.Load(kept);
    for (const auto* panel = piece.begin; panel != piece.end; ++panel) {
      typename Type::Scales scales[kSidesAtOnce];
      Unrolled<kSidesAtOnce>([&](auto s) { scales[s] = Type::Decode(*panel, side + s); });
      for (int group = 0; group < Type::kSteps / 2; ++group, lines += 2 * kTokens) {
        piece.template Prefetch<kSidesAtOnce>(panel, group, side);
        Unrolled<2>([&](auto half) {
          constexpr bool kHasMinimum = kMinimumSteps == 1 || (kMinimumSteps == 2 && half == 1);
          Unrolled<kSidesAtOnce>([&](auto s) {
            const Weights w = Type::template Load<half>(*panel, scales[s], group, side + s);
            AddStep(w, lines + half * kTokens, sums.of[s]);
            if constexpr (kHasMinimum) Put(scratch.minimum[s][minimums], w.minimum);
          });
          if constexpr (kHasMinimum) ++minimums;
        });
      }
    }
    sums.Save(kept);
  }

  static void AddStep(const Weights& w, const TokenLines* lines, Floats (&sums)[kTokens]) {
    Words start{};
    if constexpr (Isa::kHasStart && kSigned) start = Isa::Start(w.q);
    Isa::template ForEachDot<kCodes, kTokens>(
        w.q, start, [&](int t) -> const auto& { return lines[t].q; },
        [&](auto t, Words dot) { AddDot(dot, w.scale, FloatsAt(lines[t].scale), sums[t]); });
  }

  [[gnu::flatten, gnu::noinline]] void AddMinimums(const Pass& pass,
                                                   typename Sums::Kept kept) const {
    const float(*sum)[kLanes] = scratch.sums;
    Sums sums;
    if (pass.begin > 0) sums.Load(kept);
    for (size_t i = 0; i < (pass.end - pass.begin) / kMinimumSteps; ++i, sum += kTokens) {
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
        if constexpr (kMinimumSteps > 0) sum = Add(sum, FloatsAt(scratch.minimums[i][side][t]));
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
