// Many tokens with the tokens in the lanes, where vectors have eight lanes; and which of the ways
// to multiply such vectors have serves how many tokens. Included after panel_spread_inline.h, which
// says what it wants of an instruction set.
//
// Activations are turned, four columns of eight tokens a line, and weights broadcast, once for up
// to eight such lines: as many instructions as with spread activations, but a panel is unpacked
// once for 64 tokens, not for eight. A chunk of 256 columns of 64 tokens stays in the first-level
// cache while the rows pass by, panel by panel, and the sums of some panels stay in the
// second-level cache while the chunks do.
#pragma once

#include "kernels/matmul/panel_spread_inline.h"

namespace ingle {
namespace {

inline constexpr size_t kTurnedSteps = 16;  // columns of a chunk, by sixteen: the largest block
inline constexpr size_t kTurnedGroups = 8;  // of tokens: a vector each, whose sums fit
inline constexpr size_t kTurnedTokens = kTurnedGroups * kLanes;
inline constexpr size_t kTurnedPanels = 16;  // whose sums are kept

struct TurnedScratch {
  TokenLines tokens[kTurnedGroups][kTurnedSteps];
  float sums[kTurnedGroups][kTurnedSteps][kLanes];  // of what a minimum is multiplied with
  PlainColumns columns[kTurnedSteps];
  // Of each row and token, so far.
  float dots[kTurnedPanels * kPanelRows][kTurnedTokens];
  float minimums[kTurnedPanels * kPanelRows][kTurnedTokens];
};
static_assert(sizeof(TurnedScratch) <= kPanelScratchFloats * sizeof(float));

// A stretch of columns, and the tokens that it is of.
struct TurnedPass {
  size_t first_token;
  size_t tokens;
  size_t begin;  // steps
  size_t end;

  size_t groups() const { return (tokens + kLanes - 1) / kLanes; }
  // Lanes without a token repeat the last one's.
  size_t TokenOf(size_t group, size_t lane) const {
    const size_t token = group * kLanes + lane;
    return token < tokens ? token : tokens - 1;
  }
};

// A float of every step from `from`, of kLanes tokens: put(step, a float a token).
template <class PutStep>
inline void TurnFloats(const std::byte* const (&from)[kLanes], size_t steps, const PutStep& put) {
  size_t step = 0;
  for (; step + kLanes <= steps; step += kLanes) {
    Floats block[kLanes];
    for (size_t t = 0; t < kLanes; ++t) block[t] = FloatsAt(from[t] + step * sizeof(float));
    Transpose(block);
    for (size_t i = 0; i < kLanes; ++i) put(step + i, block[i]);
  }
  for (; step < steps; ++step) {
    float floats[kLanes];
    for (size_t t = 0; t < kLanes; ++t) {
      __builtin_memcpy(floats + t, from[t] + step * sizeof(float), sizeof(float));
    }
    put(step, FloatsAt(floats));
  }
}

// Columns of kLanes tokens into lines, lifted or not. Steps that share a minimum have what they sum
// to together in the second of them.
template <bool kLift, int kMinimumSteps>
[[gnu::flatten, gnu::noinline]] void TurnTokens(const MatMulTask& task, const TurnedPass& pass,
                                                TurnedScratch& scratch) {
  const Tokens x = TokensOf(task, pass.first_token);
  const size_t steps = pass.end - pass.begin;
  for (size_t group = 0; group < pass.groups(); ++group) {
    TokenLines* to = scratch.tokens[group];
    float(*sums)[kLanes] = scratch.sums[group];
    const std::byte* rows[kLanes];
    const std::byte* scales_of[kLanes];
    const std::byte* sums_of[kLanes];
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const size_t token = pass.TokenOf(group, lane);
      rows[lane] = x.At(token, pass.begin);
      scales_of[lane] = x.ScaleAt(token, pass.begin);
      sums_of[lane] = x.SumAt(token, pass.begin);
    }
    for (size_t i = 0; i < steps; ++i) {
      TurnFours<kLift>(rows, to[i].q);
      for (const std::byte*& row : rows) row += kQ8Group;
    }
    TurnFloats(scales_of, steps, [&](size_t i, Floats scale) { Put(to[i].scale, scale); });
    if constexpr (kMinimumSteps > 0) {
      TurnFloats(sums_of, steps, [&](size_t i, Floats sum) { Put(sums[i], sum); });
    }
    for (size_t i = 1; kMinimumSteps == 2 && i < steps; i += 2) {
      Put(sums[i], Add(FloatsAt(sums[i - 1]), FloatsAt(sums[i])));
    }
  }
}

// A panel's products with kGroups groups of tokens, but for the minimums.
template <class Isa, Codes kCodes, int kGroups>
[[gnu::flatten, gnu::noinline]] void AddTurnedDots(const TurnedScratch& scratch, bool first,
                                                   size_t steps, float (*dots)[kTurnedTokens]) {
  for (size_t row = 0; row < kPanelRows; ++row) {
    const size_t side = row / kLanes;
    const size_t lane = row % kLanes;
    Floats sums[kGroups] = {};
    if (!first) {
      Unrolled<kGroups>([&](auto g) { sums[g] = FloatsAt(dots[row] + kLanes * g); });
    }
    for (size_t step = 0; step < steps; ++step) {
      const PlainColumns::Side& columns = scratch.columns[step].side[side];
      Bytes q[4];
      Unrolled<4>([&](auto i) { q[i] = SplatFourAt(AsBytes(columns.q[i] + 4 * lane)); });
      const Floats scale = SplatFloatAt(AsBytes(columns.scale + lane));
      Words start{};
      if constexpr (Isa::kHasStart && kCodes == Codes::kSigned) {
        start = SplatFourAt(AsBytes(columns.start + lane));
      }
      const auto tokens = [&](int g) -> const TokenLines& { return scratch.tokens[g][step]; };
      Isa::template ForEachDot<kCodes, kGroups>(
          q, start, [&](int g) -> const auto& { return tokens(g).q; },
          [&](auto g, Words dot) { AddDot(dot, scale, FloatsAt(tokens(g).scale), sums[g]); });
    }
    Unrolled<kGroups>([&](auto g) { Put(dots[row] + kLanes * g, sums[g]); });
  }
}

// The minimums, of which kSteps steps share one.
template <int kSteps, int kGroups>
[[gnu::flatten, gnu::noinline]] void AddTurnedMinimums(const TurnedScratch& scratch, bool first,
                                                       size_t steps,
                                                       float (*minimums)[kTurnedTokens]) {
  for (size_t row = 0; row < kPanelRows; ++row) {
    Floats sums[kGroups] = {};
    if (!first) {
      Unrolled<kGroups>([&](auto g) { sums[g] = FloatsAt(minimums[row] + kLanes * g); });
    }
    for (size_t step = kSteps - 1; step < steps; step += kSteps) {
      const PlainColumns::Side& columns = scratch.columns[step].side[row / kLanes];
      const Floats minimum = SplatFloatAt(AsBytes(columns.minimum + row % kLanes));
      Unrolled<kGroups>(
          [&](auto g) { sums[g] = Fma(minimum, FloatsAt(scratch.sums[g][step]), sums[g]); });
    }
    Unrolled<kGroups>([&](auto g) { Put(minimums[row] + kLanes * g, sums[g]); });
  }
}

// A panel's sums, turned back, with what is added to them.
template <bool kMinimums>
void StoreTurned(const MatMulTask& task, const TurnedPass& pass, size_t row,
                 const float (*dots)[kTurnedTokens], const float (*minimums)[kTurnedTokens]) {
  for (size_t side = 0; side < kSides; ++side) {
    for (size_t token = 0; token < pass.tokens; token += kLanes) {
      Floats block[kLanes];
      for (size_t lane = 0; lane < kLanes; ++lane) {
        block[lane] = FloatsAt(dots[side * kLanes + lane] + token);
        if constexpr (kMinimums) {
          block[lane] = Add(block[lane], FloatsAt(minimums[side * kLanes + lane] + token));
        }
      }
      Transpose(block);
      for (size_t lane = 0; lane < kLanes && token + lane < pass.tokens; ++lane) {
        Store(task, pass.first_token + token + lane, row + side * kLanes, block[lane]);
      }
    }
  }
}

// Some panels, chunk by chunk.
template <class Isa, class Type>
struct TurnedProducts {
  using Panel = typename Type::Panel;
  static constexpr bool kLift = Isa::kLifts && Type::kCodes == Codes::kSigned;
  static constexpr bool kMinimums = Type::kMinimumSteps > 0;

  const MatMulTask& task;
  size_t first_row;
  size_t panels;
  TurnedScratch& scratch;

  const Panel* PanelAt(size_t i, size_t step) const {
    const size_t row = first_row + i * kPanelRows;
    return reinterpret_cast<const Panel*>(task.weights + row * task.weight_row_bytes) +
           step / Type::kSteps;
  }

  void Run(size_t first_token, size_t tokens) const {
    const size_t steps = task.columns / 16;
    TurnedPass pass{first_token, tokens, 0, 0};
    for (; pass.begin < steps; pass.begin += kTurnedSteps) {
      pass.end = pass.begin + kTurnedSteps < steps ? pass.begin + kTurnedSteps : steps;
      TurnTokens<kLift, Type::kMinimumSteps>(task, pass, scratch);
      WithCount<1, kTurnedGroups>(pass.groups(), [&](auto groups) {
        for (size_t i = 0; i < panels; ++i) AddPanel<groups>(pass, i);
      });
    }
    for (size_t i = 0; i < panels; ++i) {
      StoreTurned<kMinimums>(task, pass, first_row + i * kPanelRows, scratch.dots + i * kPanelRows,
                             scratch.minimums + i * kPanelRows);
    }
  }

  template <int kGroups>
  void AddPanel(const TurnedPass& pass, size_t i) const {
    const size_t steps = pass.end - pass.begin;
    const bool first = pass.begin == 0;
    Unpack<Isa, Type>(PanelAt(i, pass.begin), steps, scratch.columns);
    Prefetch<Cache::kSecondLevel>(reinterpret_cast<const char*>(PanelAt(i + 1, pass.begin)),
                                  steps / Type::kSteps * sizeof(Panel));
    AddTurnedDots<Isa, Isa::LikeCodes(Type::kCodes), kGroups>(scratch, first, steps,
                                                              scratch.dots + i * kPanelRows);
    if constexpr (kMinimums) {
      AddTurnedMinimums<Type::kMinimumSteps, kGroups>(scratch, first, steps,
                                                      scratch.minimums + i * kPanelRows);
    }
  }
};

// From so many tokens on activations are spread, or turned. Measured, on AVX2: spreading for two is
// no gain, and what is left of eights costs turned tokens as much as eight.
inline constexpr size_t kSpreadFrom = 3;
inline constexpr size_t kTurnedFrom = 24;

// Whole eights of tokens are turned, the others spread; where that is no way, all are turned.
template <class Isa, class Type>
void MultiplyTurned(const MatMulTask& task) {
  TurnedScratch& scratch = *reinterpret_cast<TurnedScratch*>(task.scratch);
  const size_t left = Type::kUnpacksSlowly ? 0 : task.tokens % kLanes;
  const size_t turned = task.tokens - left;
  ForEachPanels(task, kTurnedPanels, [&](size_t row, size_t panels) {
    ForEachTile((turned + kLanes - 1) / kLanes, kTurnedGroups, [&](size_t group, size_t groups) {
      const size_t begin = group * kLanes;
      const size_t end = begin + groups * kLanes < turned ? begin + groups * kLanes : turned;
      TurnedProducts<Isa, Type>{task, row, panels, scratch}.Run(begin, end - begin);
    });
    if constexpr (!Type::kUnpacksSlowly) MultiplySpread<Isa, Type>(task, row, panels, turned);
  });
}

struct EightLanes {
  // Of two tokens both sides at once: more sums, less waiting for each.
  static constexpr int kFewTokens = kSpreadFrom - 1;
  static constexpr int SidesAtOnce(int) { return 2; }

  template <class Isa, class Type>
  static void Multiply(const MatMulTask& task) {
    static_assert(kSpreadFrom == kSlowManyFrom);
    if (task.tokens < kSpreadFrom) return MultiplyFew<Isa, Type>(task);
    if constexpr (!Type::kUnpacksSlowly) {
      if (task.tokens < kTurnedFrom) return MultiplySpread<Isa, Type>(task);
    }
    MultiplyTurned<Isa, Type>(task);
  }
};

}  // namespace
}  // namespace ingle
