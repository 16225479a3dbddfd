// Many tokens with the tokens in the lanes, where vectors have eight lanes; and which of the ways
// to multiply such vectors have serves how many tokens. Included after panel_spread_inline.h, which
// says what it wants of an instruction set.
//
// Activations are turned, four columns of eight tokens a line, and weights broadcast, once for up
// to eight such lines: as many instructions as with spread activations, but a panel is unpacked
// once for 64 tokens, not for eight. A block of 64 tokens stays in the first-level cache while the
// rows pass by, panel by panel, and the sums of some panels stay in the second-level cache while
// the blocks do.
//
// An instruction set has, besides:
//
//   kInterleaves              whether it wants the halves of a stretch of 32 columns interleaved,
//                             weights and activations alike, two columns by two: if so,
//   Interleave(a, b, first, second)   makes a line of either half two lines of both, and
//   InterleavedMultipliers(a, b), InterleavedStart(a, b)   what all eight lines share instead
#pragma once

#include "kernels/matmul/panel_spread_inline.h"

namespace ingle {
namespace {

inline constexpr size_t kTurnedGroups = 8;  // of tokens: a vector each, whose sums fit
inline constexpr size_t kTurnedTokens = kTurnedGroups * kLanes;
inline constexpr size_t kTurnedPanels = 16;  // whose sums are kept

// A block's stretches.
template <int kSteps, int kMultipliers>
struct TurnedBlock {
  static constexpr size_t kStretches = kBlockSteps / kSteps;
  TokenLines<kSteps, kMultipliers> tokens[kTurnedGroups][kStretches];
  // What a minimum is multiplied with, or is added to a product of centred codes.
  float sums[kTurnedGroups][kStretches][kLanes];
  float units[kTurnedGroups][kLanes];
  PlainColumns<kSteps> columns[kStretches];
};

// Of each row and token, so far.
struct TurnedSums {
  float dots[kTurnedPanels * kPanelRows][kTurnedTokens];
  float minimums[kTurnedPanels * kPanelRows][kTurnedTokens];
};
static_assert(sizeof(TurnedSums) + sizeof(TurnedBlock<1, 1>) <=
              kPanelScratchFloats * sizeof(float));
static_assert(sizeof(TurnedBlock<2, 2>) <= sizeof(TurnedBlock<1, 1>));

// A block of columns, and the tokens that it is of.
struct TurnedPass : Pass {
  size_t tokens;

  size_t groups() const { return (tokens + kLanes - 1) / kLanes; }
  // Lanes without a token repeat the last one's.
  size_t TokenOf(size_t group, size_t lane) const {
    const size_t token = group * kLanes + lane;
    return token < tokens ? token : tokens - 1;
  }
};

// Of kLanes tokens.
struct TurnedRows {
  const std::byte* at[kLanes];

  // A float of every step, or what else has four bytes, a token a lane.
  void TurnFloats(size_t steps, float (*to)[kLanes]) const {
    size_t step = 0;
    for (; step + kLanes <= steps; step += kLanes) {
      Floats turned[kLanes];
      for (size_t t = 0; t < kLanes; ++t) turned[t] = FloatsAt(at[t] + step * sizeof(float));
      Transpose(turned);
      for (size_t i = 0; i < kLanes; ++i) Put(to[step + i], turned[i]);
    }
    for (; step < steps; ++step) {
      for (size_t t = 0; t < kLanes; ++t) {
        __builtin_memcpy(to[step] + t, at[t] + step * sizeof(float), sizeof(float));
      }
    }
  }
};

template <class At>
inline TurnedRows RowsOf(const TurnedPass& pass, size_t group, const At& at) {
  TurnedRows rows;
  for (size_t lane = 0; lane < kLanes; ++lane) rows.at[lane] = at(pass.TokenOf(group, lane));
  return rows;
}

// How products with some weights are made of turned tokens.
template <class Isa, Codes kCodes, int kSteps>
struct Turned {
  static constexpr bool kInterleaved = Isa::kInterleaves && kSteps == 2;
  static constexpr int kMultipliers = kInterleaved ? 1 : kSteps;
  static constexpr bool kLift = Isa::kLifts && kCodes == Codes::kSigned;
  static constexpr bool kCentred = kCodes == Codes::kCentred;
  static constexpr bool kStarts = Isa::kHasStart && kCodes == Codes::kSigned;
  using Block = TurnedBlock<kSteps, kMultipliers>;

  // Columns of all tokens into lines, lifted or not.
  template <bool kSums>
  [[gnu::flatten, gnu::noinline]] static void TurnTokens(const MatMulTask& task,
                                                         const TurnedPass& pass, Block& block) {
    const Tokens x = TokensOf(task, pass.first_token);
    for (size_t group = 0; group < pass.groups(); ++group) {
      TurnLines(x, pass, group, block);
      TurnMultipliers(x, pass, group, block);
      RowsOf(pass, group, [&](size_t t) {
        return x.UnitAt(t, pass.begin);
      }).TurnFloats(1, block.units + group);
      if constexpr (kSums || kCentred) TurnSums(x, pass, group, block.sums[group]);
    }
  }

  template <class Type>
  static void Unpack(const typename Type::Panel* panel, size_t steps, Block& block) {
    if constexpr (kInterleaved) {
      UnpackInterleaved<Type>(panel, steps, block);
    } else {
      ingle::Unpack<Isa, Type>(panel, steps, block.columns);
    }
  }

  // A panel's products with kGroups groups of tokens, but for the minimums.
  template <int kGroups>
  [[gnu::flatten, gnu::noinline]] static void AddDots(const Block& block, bool first, size_t steps,
                                                      float (*dots)[kTurnedTokens]) {
    for (size_t row = 0; row < kPanelRows; ++row) {
      const size_t lane = row % kLanes;
      Floats sums[kGroups] = {};
      for (size_t i = 0; i < steps / kSteps; ++i) {
        const auto& columns = block.columns[i].side[row / kLanes];
        const Floats scale = SplatFloatAt(AsBytes(columns.scale + lane));
        ForEachProduct<kGroups>(
            columns, lane, [&](int g) -> const auto& { return block.tokens[g][i]; },
            [&](int g, Floats product) {
              if constexpr (kCentred) product = Add(product, FloatsAt(block.sums[g][i]));
              sums[g] = Fma(product, scale, sums[g]);
            });
      }
      Unrolled<kGroups>([&](auto g) {
        float* kept = dots[row] + kLanes * g;
        const Floats before = first ? Splat(0.0f) : FloatsAt(kept);
        Put(kept, Fma(sums[g], FloatsAt(block.units[g]), before));
      });
    }
  }

 private:
  using Side = typename PlainColumns<kSteps>::Side;

  // A line of either half into two of both.
  template <class Line>
  static void PutInterleaved(Bytes a, Bytes b, Line* to) {
    Bytes both[2];
    Isa::Interleave(a, b, both[0], both[1]);
    Put(to[0], both[0]);
    Put(to[1], both[1]);
  }

  static void TurnLines(const Tokens& x, const TurnedPass& pass, size_t group, Block& block) {
    TurnedRows rows = RowsOf(pass, group, [&](size_t t) { return x.At(t, pass.begin); });
    for (size_t i = 0; i < pass.steps() / kSteps; ++i) {
      auto& to = block.tokens[group][i].q;
      int8_t turned[kSteps][4][4 * kLanes];
      for (int step = 0; step < kSteps; ++step) {
        TurnFours<kLift>(rows.at, turned[step]);
        for (const std::byte*& row : rows.at) row += kQ8Group;
      }
      Unrolled<4>([&](auto line) {
        if constexpr (kInterleaved) {
          PutInterleaved(BytesAt(turned[0][line]), BytesAt(turned[1][line]), to + 2 * line);
        } else {
          Unrolled<kSteps>(
              [&](auto step) { Put(to[4 * step + line], BytesAt(turned[step][line])); });
        }
      });
    }
  }

  static void TurnMultipliers(const Tokens& x, const TurnedPass& pass, size_t group, Block& block) {
    float turned[kBlockSteps][kLanes];
    RowsOf(pass, group, [&](size_t t) {
      return Isa::MultiplierAt(x, t, pass.begin);
    }).TurnFloats(pass.steps(), turned);
    for (size_t i = 0; i < pass.steps() / kSteps; ++i) {
      auto& to = block.tokens[group][i].multipliers;
      const float(*from)[kLanes] = turned + i * kSteps;
      if constexpr (kInterleaved) {
        Put(to[0], Isa::InterleavedMultipliers(BytesAt(from[0]), BytesAt(from[1])));
      } else {
        Unrolled<kSteps>([&](auto step) { Put(to[step], BytesAt(from[step])); });
      }
    }
  }

  static void TurnSums(const Tokens& x, const TurnedPass& pass, size_t group, float (*to)[kLanes]) {
    RowsOf(pass, group, [&](size_t t) {
      return kCentred ? x.CentreAt(t, pass.begin) : x.SumAt<kSteps>(t, pass.begin);
    }).TurnFloats(pass.steps() / kSteps, to);
  }

  template <class Type>
  [[gnu::flatten, gnu::noinline]] static void UnpackInterleaved(const typename Type::Panel* panel,
                                                                size_t steps, Block& block) {
    ForEachStretch<Type>(panel, steps, block.columns, [](const Weights* w, Side& to) {
      PutScale<Type>(*w, to);
      Unrolled<4>([&](auto line) { PutInterleaved(w[0].q[line], w[1].q[line], to.q + 2 * line); });
      if constexpr (kStarts) {
        Put(to.start[0], Isa::InterleavedStart(Isa::Start(w[0].q), Isa::Start(w[1].q)));
      }
    });
  }

  // Of a row's weights.
  template <int kGroups, class Lines, class Done>
  static void ForEachProduct(const Side& columns, size_t lane, const Lines& lines,
                             const Done& done) {
    // Each when it is used: at the beginning all would want a register.
    const auto weights = [&](int line) __attribute__((always_inline)) {
      return SplatFourAt(AsBytes(columns.q[line] + 4 * lane));
    };
    Words start[kMultipliers]{};
    Unrolled<kMultipliers>([&](auto i) {
      if constexpr (kStarts) start[i] = SplatFourAt(AsBytes(columns.start[i] + lane));
    });
    Isa::template ForEachProduct<kCodes, kSteps, kMultipliers, kGroups>(weights, start, lines,
                                                                        done);
  }
};

// The minimums, of each stretch one.
template <int kGroups, class Block>
[[gnu::flatten, gnu::noinline]] void AddTurnedMinimums(const Block& block, bool first,
                                                       size_t stretches,
                                                       float (*minimums)[kTurnedTokens]) {
  for (size_t row = 0; row < kPanelRows; ++row) {
    Floats sums[kGroups] = {};
    if (!first) {
      Unrolled<kGroups>([&](auto g) { sums[g] = FloatsAt(minimums[row] + kLanes * g); });
    }
    for (size_t i = 0; i < stretches; ++i) {
      const auto& columns = block.columns[i].side[row / kLanes];
      const Floats minimum = SplatFloatAt(AsBytes(columns.minimum + row % kLanes));
      Unrolled<kGroups>(
          [&](auto g) { sums[g] = Fma(minimum, FloatsAt(block.sums[g][i]), sums[g]); });
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

// Some panels, block by block.
template <class Isa, class Type>
struct TurnedProducts {
  using Panel = typename Type::Panel;
  using Form = Turned<Isa, Isa::LikeCodes(Type::kCodes), Type::kScaleSteps>;
  struct Scratch {
    TurnedSums sums;
    typename Form::Block block;
  };

  const MatMulTask& task;
  size_t first_row;
  size_t panels;
  Scratch& scratch;

  const Panel* PanelAt(size_t i, size_t step) const {
    const size_t row = first_row + i * kPanelRows;
    return reinterpret_cast<const Panel*>(task.weights + row * task.weight_row_bytes) +
           step / Type::kSteps;
  }

  void Run(size_t first_token, size_t tokens) const {
    const size_t steps = task.columns / 16;
    TurnedPass pass{{first_token, 0, 0}, tokens};
    for (; pass.begin < steps; pass.begin += kBlockSteps) {
      pass.end = pass.begin + kBlockSteps < steps ? pass.begin + kBlockSteps : steps;
      Form::template TurnTokens<Type::kHasMinimums>(task, pass, scratch.block);
      WithCount<1, kTurnedGroups>(pass.groups(), [&](auto groups) {
        for (size_t i = 0; i < panels; ++i) AddPanel<groups>(pass, i);
      });
    }
    for (size_t i = 0; i < panels; ++i) {
      StoreTurned<Type::kHasMinimums>(task, pass, first_row + i * kPanelRows,
                                      scratch.sums.dots + i * kPanelRows,
                                      scratch.sums.minimums + i * kPanelRows);
    }
  }

  template <int kGroups>
  void AddPanel(const TurnedPass& pass, size_t i) const {
    const size_t steps = pass.steps();
    const bool first = pass.begin == 0;
    Form::template Unpack<Type>(PanelAt(i, pass.begin), steps, scratch.block);
    Prefetch<Cache::kSecondLevel>(PanelAt(i + 1, pass.begin), steps / Type::kSteps * sizeof(Panel));
    Form::template AddDots<kGroups>(scratch.block, first, steps,
                                    scratch.sums.dots + i * kPanelRows);
    if constexpr (Type::kHasMinimums) {
      AddTurnedMinimums<kGroups>(scratch.block, first, steps / Type::kScaleSteps,
                                 scratch.sums.minimums + i * kPanelRows);
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
  using Products = TurnedProducts<Isa, Type>;
  auto& scratch = *reinterpret_cast<typename Products::Scratch*>(task.scratch);
  const size_t left = Type::kUnpacksSlowly ? 0 : task.tokens % kLanes;
  const size_t turned = task.tokens - left;
  ForEachPanels(task, kTurnedPanels, [&](size_t row, size_t panels) {
    ForEachTile((turned + kLanes - 1) / kLanes, kTurnedGroups, [&](size_t group, size_t groups) {
      const size_t begin = group * kLanes;
      const size_t end = begin + groups * kLanes < turned ? begin + groups * kLanes : turned;
      Products{task, row, panels, scratch}.Run(begin, end - begin);
    });
    if constexpr (!Type::kUnpacksSlowly) MultiplySpread<Isa, Type>(task, row, panels, turned);
  });
}

struct EightLanes {
  // Of two tokens both sides at once: more sums, less waiting for each.
  static constexpr int kFewTokens = kSpreadFrom - 1;
  static constexpr int SidesAtOnce(int) { return 2; }
  static constexpr Ahead AheadFor(int tokens, size_t group_bytes) {
    return UsualAhead(tokens, group_bytes);
  }

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
