// Panels of quantized weights times Q8 activations, on any instruction set. Included after its
// lanes; see panel_types_inline.h.
//
// A tile is some sides of a panel by some tokens: per token and side one accumulator, whose lanes
// are rows. Each sum goes through the columns in order, sixteen at a time, and adds the same
// numbers in the same order as matmul/scalar_panels.cc: bit for bit the same, whatever the tile.
//
// An instruction set has:
//
//   Dot<codes>(q, start, p)   the products of sixteen columns, exact, a row a lane: four vectors of
//                             weights, sixteen activations at p
//   LikeCodes(codes)          the codes that Dot treats in the same way
//   kHasStart                 whether products of many tokens with signed weights begin with
//                             Start(q), a word a lane, which is kept with unpacked weights
//   kLifts                    whether signed weights are multiplied by activations + 128, without a
//                             sign; then Start(q) is -128 times the row's sum, for Dot too;
//                             Lifted(bytes) are activations so, and DotLifted(q, start, p) takes
//                             them
//   kFewTokens                the most tokens of a tile whose weights come straight from the panel;
//                             SidesAtOnce(tokens) is how many sides such a tile then has
//   kTileTokens               the same for weights that were unpacked, one side at a time; the
//                             activations of such a tile are copied next to each other first, as
//                             general registers cannot point to all of its tokens
//   kMinimumTokens            the same for their minimums, all sides at once
//   kHasTiles                 whether AddTile(x, columns, pass, sums) adds the products of
//                             kTileTokens tokens, between Configure() and Release()
//   Multiply<Isa, Type>(task) all products: from RowsInLanes, or from EightLanes of
//                             panel_tokens_inline.h, which wants but the first four of these
#pragma once

#include <cstddef>

#include "kernels/matmul/panel_grid_types_inline.h"
#include "kernels/matmul/panel_kernels.h"
#include "kernels/q8_rows.h"

namespace ingle {
namespace {

// Tokens from here on, as rows of Q8.
struct Tokens {
  const std::byte* first;
  size_t stride;
  size_t scale_offset;
  size_t sum_offset;

  const std::byte* At(size_t token, size_t step) const {
    return first + token * stride + step * kQ8Group;
  }
  const std::byte* ScaleAt(size_t token, size_t step) const {
    return first + token * stride + scale_offset + step * sizeof(float);
  }
  const std::byte* SumAt(size_t token, size_t step) const {
    return first + token * stride + sum_offset + step * sizeof(float);
  }
  Floats Scale(size_t token, size_t step) const { return SplatFloatAt(ScaleAt(token, step)); }
  Floats Sum(size_t token, size_t step) const { return SplatFloatAt(SumAt(token, step)); }
};

inline Tokens TokensOf(const MatMulTask& task, size_t token) {
  return {task.input + token * task.input_row_bytes, task.input_row_bytes,
          Q8ScaleOffset(task.columns), Q8SumOffset(task.columns)};
}

template <class Type>
inline const typename Type::Panel* PanelOf(const MatMulTask& task, size_t row) {
  const std::byte* panel = task.weights + row * task.weight_row_bytes;
  return reinterpret_cast<const typename Type::Panel*>(panel);
}

// The products of sixteen columns with a token's: to float, scaled, added.
inline void AddDot(Words dot, Floats weight_scale, Floats token_scale, Floats& sum) {
  sum = Fma(ToFloats(dot), Mul(weight_scale, token_scale), sum);
}

// Adds the product with a minimum that kSteps steps share, the last of which is `step`.
template <int kSteps, int kSidesAtOnce, int kTokens>
inline void AddMinimum(const Floats (&minimum)[kSidesAtOnce], const Tokens& x, size_t step,
                       Floats (&sums)[kSidesAtOnce][kTokens]) {
  Unrolled<kTokens>([&](auto t) {
    const Floats last = x.Sum(t, step);
    const Floats sum = kSteps == 2 ? Add(x.Sum(t, step - 1), last) : last;
    Unrolled<kSidesAtOnce>([&](auto s) { sums[s][t] = Fma(minimum[s], sum, sums[s][t]); });
  });
}

// One side's sums of one token, with what is added to them.
inline void Store(const MatMulTask& task, size_t token, size_t row, Floats sum) {
  if (row >= task.row_end) return;
  const size_t left = task.row_end - row;
  const size_t count = left < kLanes ? left : kLanes;
  const size_t at = token * task.output_stride + row;
  if (task.bias != nullptr) sum = Add(sum, FirstFloatsAt(task.bias + row, count));
  if (task.residual != nullptr) sum = Add(sum, FirstFloatsAt(task.residual + at, count));
  PutFirst(task.output + at, count, sum);
}

// ---- Few tokens: weights come straight from the panel ----

// What becomes of some tokens and sides of a panel: a lane a row.
template <int kSidesAtOnce, int kTokens>
struct Sums {
  Floats dot[kSidesAtOnce][kTokens] = {};
  Floats minimum[kSidesAtOnce][kTokens] = {};
};

// One step of a panel, all of it.
template <class Isa, class Type, int kHalf, int kSidesAtOnce, int kTokens>
inline void AddStep(const typename Type::Panel& panel,
                    const typename Type::Scales (&scales)[kSidesAtOnce], int group, int first_side,
                    const Tokens& x, size_t step, Sums<kSidesAtOnce, kTokens>& sums) {
  Floats minimum[kSidesAtOnce];
  Unrolled<kSidesAtOnce>([&](auto s) {
    const Weights w = Type::template Load<kHalf>(panel, scales[s], group, first_side + s);
    Words start{};
    if constexpr (Isa::kLifts && Type::kCodes == Codes::kSigned) start = Isa::Start(w.q);
    Unrolled<kTokens>([&](auto t) {
      const Words dot = Isa::template Dot<Type::kCodes>(w.q, start, x.At(t, step));
      AddDot(dot, w.scale, x.Scale(t, step), sums.dot[s][t]);
    });
    minimum[s] = w.minimum;
  });
  if constexpr (Type::kMinimumSteps == 1 || (Type::kMinimumSteps == 2 && kHalf == 1)) {
    AddMinimum<Type::kMinimumSteps>(minimum, x, step, sums.minimum);
  }
}

// What a panel has of 32 columns.
template <class Type>
inline constexpr size_t kGroupBytes = 2 * sizeof(typename Type::Panel) / Type::kSteps;

inline const char* GroupOf(const void* panel, size_t group_bytes, int group) {
  return static_cast<const char*>(panel) + static_cast<size_t>(group) * group_bytes;
}

// What is used soon belongs into the first-level cache. It has few places for what is under way:
// what comes later, or faster, is asked into the second-level cache.
enum class Cache { kSecondLevel = 2, kFirstLevel = 3 };

// Where nothing is there any more, nothing happens.
template <Cache kCache>
inline void Prefetch(const char* at, size_t bytes) {
  for (size_t i = 0; i < bytes; i += 64) __builtin_prefetch(at + i, 0, static_cast<int>(kCache));
}

// Asks for a group ahead of its use. What the hardware foresees alone comes too late for an
// unpacking that is nearly as fast as memory, and a large block at once is more than it can have
// under way. Measured on Zen 4: one token is multiplied with bytes as fast as a core can read them,
// a ninth faster by way of the second-level cache; with fewer bits nothing is gained by it.
template <class Type, int kTokens>
inline void PrefetchAhead(const char* group) {
  if constexpr (kTokens == 1 && kGroupBytes<Type> >= 32 * kPanelRows) {
    Prefetch<Cache::kSecondLevel>(group + 512, kGroupBytes<Type>);
  } else {
    Prefetch<Cache::kFirstLevel>(group + 2048, kGroupBytes<Type>);
  }
}

template <class Isa, class Type, int kTokens>
[[gnu::flatten, gnu::noinline]] void MultiplyPanelByFew(const MatMulTask& task, size_t row,
                                                        size_t token) {
  constexpr int kSidesAtOnce = Isa::SidesAtOnce(kTokens);
  const Tokens x = TokensOf(task, token);
  for (int side = 0; side < kSides; side += kSidesAtOnce) {
    const typename Type::Panel* panel = PanelOf<Type>(task, row);
    Sums<kSidesAtOnce, kTokens> sums;
    for (size_t step = 0; step < task.columns / 16; ++panel) {
      typename Type::Scales scales[kSidesAtOnce];
      Unrolled<kSidesAtOnce>([&](auto s) { scales[s] = Type::Decode(*panel, side + s); });
      for (int group = 0; group < Type::kSteps / 2; ++group, step += 2) {
        if (side == 0) PrefetchAhead<Type, kTokens>(GroupOf(panel, kGroupBytes<Type>, group));
        AddStep<Isa, Type, 0>(*panel, scales, group, side, x, step, sums);
        AddStep<Isa, Type, 1>(*panel, scales, group, side, x, step + 1, sums);
      }
    }
    Unrolled<kSidesAtOnce>([&](auto s) {
      Unrolled<kTokens>([&](auto t) {
        Store(task, token + static_cast<size_t>(t), row + kLanes * static_cast<size_t>(side + s),
              Add(sums.dot[s][t], sums.minimum[s][t]));
      });
    });
  }
}

// From so many tokens on a panel that unpacks slowly is unpacked first.
inline constexpr size_t kSlowManyFrom = 3;

template <class Isa, class Type>
void MultiplyFew(const MatMulTask& task) {
  constexpr int kWidest = Type::kUnpacksSlowly ? kSlowManyFrom - 1 : Isa::kFewTokens;
  for (size_t row = task.row_begin; row < task.row_end; row += kPanelRows) {
    ForEachTile(task.tokens, kWidest, [&](size_t token, size_t count) {
      WithCount<1, kWidest>(count,
                            [&](auto n) { MultiplyPanelByFew<Isa, Type, n>(task, row, token); });
    });
  }
}

// ---- Many tokens: some columns of a panel are unpacked, and stay in the first-level cache while
// all tokens pass by. ----

// From here on a panel is unpacked first: what that costs is less than to do it for every tile.
inline constexpr size_t kManyFrom = 9;

inline constexpr size_t kChunkSteps = 32;
inline constexpr size_t kTokensAtOnce = 128;

// Sixteen columns of any type. Types with signed codes have no minimums, but may have a start.
struct PlainColumns {
  struct Side {
    uint8_t q[4][4 * kLanes];
    float scale[kLanes];
    union {
      float minimum[kLanes];
      int32_t start[kLanes];
    };
  };
  Side side[kSides];
};

// A tile's activations, at distances that the compiler knows.
template <class Isa>
struct Activations {
  std::byte q[Isa::kTileTokens][kChunkSteps * kQ8Group];
  float scales[Isa::kTileTokens][kChunkSteps];
};

template <class Isa>
struct Scratch {
  PlainColumns columns[kChunkSteps];
  Activations<Isa> x;
  float dots[kTokensAtOnce][kSides][kLanes];      // so far
  float minimums[kTokensAtOnce][kSides][kLanes];  // so far
};

template <class Isa, class Type>
[[gnu::flatten, gnu::noinline]] void Unpack(const typename Type::Panel* panel, size_t steps,
                                            PlainColumns* out) {
  const auto store = [](const Weights& w, PlainColumns::Side& to) {
    Unrolled<4>([&](auto i) { Put(to.q[i], w.q[i]); });
    Put(to.scale, w.scale);
    if constexpr (Type::kMinimumSteps > 0) Put(to.minimum, w.minimum);
    if constexpr (Isa::kHasStart && Type::kCodes == Codes::kSigned) Put(to.start, Isa::Start(w.q));
  };
  for (size_t step = 0; step < steps; step += Type::kSteps, ++panel) {
    for (int side = 0; side < kSides; ++side) {
      const typename Type::Scales scales = Type::Decode(*panel, side);
      for (int group = 0; group < Type::kSteps / 2; ++group) {
        PlainColumns* to = out + step + 2 * static_cast<size_t>(group);
        store(Type::template Load<0>(*panel, scales, group, side), to[0].side[side]);
        store(Type::template Load<1>(*panel, scales, group, side), to[1].side[side]);
      }
    }
  }
}

// A stretch of columns that is unpacked, and the tokens that it meets.
struct Pass {
  size_t first_token;
  size_t begin;  // steps
  size_t end;
};

inline void CopyScales(const Tokens& x, size_t token, const Pass& pass, float* to) {
  const auto* from = reinterpret_cast<const float*>(x.ScaleAt(token, pass.begin));
  const size_t steps = pass.end - pass.begin;
  for (size_t i = 0; i < steps; i += kLanes) {
    const size_t left = steps - i;
    Put(to + i, left < kLanes ? FirstFloatsAt(from + i, left) : FloatsAt(from + i));
  }
}

// Copies whole vectors: past the last column are the scales of the row, which are not used here.
template <bool kLifted, class Isa>
inline void CopyTokens(const Tokens& x, size_t tokens, const Pass& pass, Activations<Isa>& to) {
  const size_t bytes = (pass.end - pass.begin) * kQ8Group;
  for (size_t t = 0; t < tokens; ++t) {
    for (size_t i = 0; i < bytes; i += sizeof(Bytes)) {
      const Bytes q = BytesAt(x.At(t, pass.begin) + i);
      if constexpr (kLifted) {
        Put(to.q[t] + i, Isa::Lifted(q));
      } else {
        Put(to.q[t] + i, q);
      }
    }
    CopyScales(x, t, pass, to.scales[t]);
  }
}

// Tokens [token, token + kTokens) of the pass, but for the minimums.
template <class Isa, Codes kCodes, int kTokens>
[[gnu::flatten, gnu::noinline]] void AddDots(const MatMulTask& task, Scratch<Isa>& scratch,
                                             const Pass& pass, size_t token) {
  constexpr bool kLifted = Isa::kLifts && kCodes == Codes::kSigned;
  const Tokens x = TokensOf(task, pass.first_token + token);
  const Activations<Isa>& copy = scratch.x;
  CopyTokens<kLifted>(x, kTokens, pass, scratch.x);
  for (int side = 0; side < kSides; ++side) {
    Floats sums[kTokens] = {};
    const auto kept = [&](int t) { return scratch.dots[token + static_cast<size_t>(t)][side]; };
    if (pass.begin > 0) Unrolled<kTokens>([&](auto t) { sums[t] = FloatsAt(kept(t)); });
    for (size_t step = 0; step < pass.end - pass.begin; ++step) {
      const PlainColumns::Side& columns = scratch.columns[step].side[side];
      Bytes q[4];
      Unrolled<4>([&](auto i) { q[i] = BytesAt(columns.q[i]); });
      const Floats scale = FloatsAt(columns.scale);
      Unrolled<kTokens>([&](auto t) {
        const std::byte* p = copy.q[t] + step * kQ8Group;
        const Floats token_scale = SplatFloatAt(&copy.scales[t][step]);
        if constexpr (kLifted) {
          AddDot(Isa::DotLifted(q, columns.start, p), scale, token_scale, sums[t]);
        } else {
          AddDot(Isa::template Dot<kCodes>(q, Words{}, p), scale, token_scale, sums[t]);
        }
      });
    }
    Unrolled<kTokens>([&](auto t) { Put(kept(t), sums[t]); });
  }
}

// The minimums, for which all sides fit the registers.
template <class Isa, int kSteps, int kTokens>
[[gnu::flatten, gnu::noinline]] void AddMinimums(const MatMulTask& task, Scratch<Isa>& scratch,
                                                 const Pass& pass, size_t token) {
  const Tokens x = TokensOf(task, pass.first_token + token);
  Floats sums[kSides][kTokens] = {};
  const auto kept = [&](int side, int t) {
    return scratch.minimums[token + static_cast<size_t>(t)][side];
  };
  if (pass.begin > 0) {
    Unrolled<kTokens>([&](auto t) {
      Unrolled<kSides>([&](auto side) { sums[side][t] = FloatsAt(kept(side, t)); });
    });
  }
  for (size_t step = pass.begin + kSteps - 1; step < pass.end; step += kSteps) {
    const PlainColumns& columns = scratch.columns[step - pass.begin];
    Floats minimum[kSides];
    Unrolled<kSides>([&](auto side) { minimum[side] = FloatsAt(columns.side[side].minimum); });
    AddMinimum<kSteps>(minimum, x, step, sums);
  }
  Unrolled<kTokens>(
      [&](auto t) { Unrolled<kSides>([&](auto side) { Put(kept(side, t), sums[side][t]); }); });
}

// The same as ForEachTile with a constant count, for kManyFrom tokens or more, or for any number.
template <bool kAny, int kWidest, class Run>
inline void ForEachManyTile(size_t tokens, const Run& run) {
  // Of two tiles or more, none is narrower than half of the widest.
  constexpr int kNarrowest = kAny ? 1 : (kWidest + 1) / 2;
  static_assert(kNarrowest <= kManyFrom);
  ForEachTile(tokens, kWidest, [&](size_t token, size_t count) {
    WithCount<kNarrowest, kWidest>(count, [&](auto n) { run(token, n); });
  });
}

template <class Isa, class Type>
void MultiplyPanel(const MatMulTask& task, size_t row, size_t first_token, size_t tokens) {
  static_assert(sizeof(Scratch<Isa>) <= kPanelScratchFloats * sizeof(float));
  Scratch<Isa>& scratch = *reinterpret_cast<Scratch<Isa>*>(task.scratch);
  const typename Type::Panel* panel = PanelOf<Type>(task, row);
  const size_t steps = task.columns / 16;
  for (size_t begin = 0; begin < steps; begin += kChunkSteps) {
    const size_t end = begin + kChunkSteps < steps ? begin + kChunkSteps : steps;
    Unpack<Isa, Type>(panel + begin / Type::kSteps, end - begin, scratch.columns);
    const Pass pass{first_token, begin, end};
    size_t done = 0;
    if constexpr (Isa::kHasTiles) {
      for (; done + Isa::kTileTokens <= tokens; done += Isa::kTileTokens) {
        const Tokens x = TokensOf(task, first_token + done);
        Isa::AddTile(x, scratch.columns, pass, scratch.dots + done);
      }
    }
    constexpr bool kAny = Isa::kHasTiles || Type::kUnpacksSlowly;
    ForEachManyTile<kAny, Isa::kTileTokens>(tokens - done, [&](size_t token, auto count) {
      AddDots<Isa, Isa::LikeCodes(Type::kCodes), count>(task, scratch, pass, done + token);
    });
    if constexpr (Type::kMinimumSteps > 0) {
      ForEachManyTile<Type::kUnpacksSlowly, Isa::kMinimumTokens>(
          tokens, [&](size_t token, auto count) {
            AddMinimums<Isa, Type::kMinimumSteps, count>(task, scratch, pass, token);
          });
    }
  }
  for (size_t t = 0; t < tokens; ++t) {
    for (size_t side = 0; side < kSides; ++side) {
      Floats sum = FloatsAt(scratch.dots[t][side]);
      if constexpr (Type::kMinimumSteps > 0) sum = Add(sum, FloatsAt(scratch.minimums[t][side]));
      Store(task, first_token + t, row + kLanes * side, sum);
    }
  }
}

struct RowsInLanes {
  template <class Isa, class Type>
  static void Multiply(const MatMulTask& task) {
    if (task.tokens < (Type::kUnpacksSlowly ? kSlowManyFrom : kManyFrom)) {
      MultiplyFew<Isa, Type>(task);
    } else {
      Many<Isa, Type>(task);
    }
  }

 private:
  template <class Isa, class Type>
  static void Many(const MatMulTask& task) {
    if constexpr (Isa::kHasTiles) Isa::Configure();
    ForEachTile(task.tokens, kTokensAtOnce, [&](size_t first_token, size_t tokens) {
      for (size_t row = task.row_begin; row < task.row_end; row += kPanelRows) {
        MultiplyPanel<Isa, Type>(task, row, first_token, tokens);
      }
    });
    if constexpr (Isa::kHasTiles) Isa::Release();
  }
};

template <class Isa, class Type>
void MatMulPanels(const MatMulTask& task) {
  Isa::template Multiply<Isa, Type>(task);
}

template <class Isa>
constexpr PanelKernels PanelKernelsOf() noexcept {
  return {MatMulPanels<Isa, Q4_0>,  MatMulPanels<Isa, Q4_1>,    MatMulPanels<Isa, Q5_0>,
          MatMulPanels<Isa, Q5_1>,  MatMulPanels<Isa, Q8_0>,    MatMulPanels<Isa, Q2_K>,
          MatMulPanels<Isa, Q3_K>,  MatMulPanels<Isa, Q4_K>,    MatMulPanels<Isa, Q5_K>,
          MatMulPanels<Isa, Q6_K>,  MatMulPanels<Isa, IQ4_NL>,  MatMulPanels<Isa, IQ4_XS>,
          MatMulPanels<Isa, MXFP4>, MatMulPanels<Isa, NVFP4>,   MatMulPanels<Isa, Q1_0>,
          MatMulPanels<Isa, TQ1_0>, MatMulPanels<Isa, TQ2_0>,   MatMulPanels<Isa, IQ1_S>,
          MatMulPanels<Isa, IQ1_M>, MatMulPanels<Isa, IQ2_XXS>, MatMulPanels<Isa, IQ2_XS>,
          MatMulPanels<Isa, IQ2_S>, MatMulPanels<Isa, IQ3_XXS>, MatMulPanels<Isa, IQ3_S>};
}

}  // namespace
}  // namespace ingle
