// Panels of quantized weights times Q8 activations, on any instruction set. Included after its
// lanes; see panel_types_inline.h.
//
// A tile is some sides of a panel by some tokens: per token and side one accumulator, whose lanes
// are rows. Each sum goes through the columns in order, stretch by stretch and block by block, and
// adds the same numbers in the same order as matmul/scalar_panels.cc: bit for bit the same,
// whatever the tile. A block is what activations have one unit for; a stretch, what weights have
// one scale for: its products are multiplied with the activations' multipliers and added up
// exactly, and rounded once.
//
// An instruction set has:
//
//   AddStep<Isa, codes, step>(q, start, x, token, i, product)
//                             adds to a stretch's product, of type Product, or sets it where step
//                             is 0, that of sixteen columns: from MultipliesFloats, or its own;
//                             kFloatProducts says whether a Product is Floats
//   LikeCodes(codes)          the codes that products treat in the same way
//   kHasStart                 whether products of many tokens with signed weights begin with
//                             Start(q), a word a lane, which is kept with unpacked weights
//   kLifts                    whether signed weights are multiplied by activations + 128, without a
//                             sign; then Start(q) is -128 times the row's sum, for Dot too;
//                             Lifted(bytes) are activations so, and DotLifted(q, start, p) takes
//                             them
//   Dot<codes>(q, start, p)   the products of sixteen columns, exact, a row a lane: four vectors of
//                             weights, sixteen activations at p
//   kFewTokens                the most tokens of a tile whose weights come straight from the panel;
//                             SidesAtOnce(tokens) is how many sides such a tile then has
//   ManyFrom(codes)           from so many tokens on a panel's block is unpacked first, for that is
//                             less than to do it for each tile of kFewTokens; or kNever
//   AheadFor(tokens, bytes)   how far ahead of such a tile weights are asked for, where a panel has
//                             so many bytes of 32 columns
//   kTileTokens               the same for weights that were unpacked, one side at a time; the
//                             activations of such a tile are copied next to each other first, as
//                             general registers cannot point to all of its tokens
//   kMinimumTokens            the same for their minimums, all sides at once
//   kHasTiles                 whether AddTile<codes, steps>(x, columns, pass, sums) adds a block's
//                             products with kTileTokens tokens
//   Multiply<Isa, Type>(task) all products: from RowsInLanes, or from EightLanes of
//                             panel_tokens_inline.h, which wants but the first four of these
#pragma once

#include <cstddef>

#include "kernels/matmul/panel_grid_types_inline.h"
#include "kernels/matmul/panel_kernels.h"
#include "kernels/matmul/token_rows_inline.h"
#include "kernels/prefetch_inline.h"

namespace ingle {
namespace {

template <class Type>
inline const typename Type::Panel* PanelOf(const MatMulTask& task, size_t row) {
  const std::byte* panel = task.weights + row * task.weight_row_bytes;
  return reinterpret_cast<const typename Type::Panel*>(panel);
}

// Adds to a stretch's product with a token that of step kStep. With multipliers up to 64 each has
// 24 bits at most, so only the last of two operations rounds; and none where codes are centred:
// what begins with the centre counts steps from 1, and it may as well be added at the end.
template <int kStep>
inline void AddMultiplied(Words dot, Floats multiplier, Floats& product) {
  if constexpr (kStep == 0) {
    product = Mul(ToFloats(dot), multiplier);
  } else {
    product = Fma(ToFloats(dot), multiplier, product);
  }
}

inline Floats ToFloats(Floats product) { return product; }

// How instruction sets add to a stretch's product with a token, whose sums cannot be multiplied
// before they are floats.
struct MultipliesFloats {
  using Product = Floats;
  static constexpr bool kFloatProducts = true;
  template <class Isa, Codes kCodes, int kStep>
  static void AddStep(const Bytes (&q)[4], Words start, const Tokens& x, size_t token, size_t step,
                      Product& product) {
    const Words dot = Isa::template Dot<kCodes>(q, start, x.At(token, step));
    AddMultiplied<kStep>(dot, x.Multiplier(token, step), product);
  }
};

// Adds the product with a minimum that kSteps steps from `step` on share.
template <int kSteps, int kSidesAtOnce, int kTokens>
inline void AddMinimum(const Floats (&minimum)[kSidesAtOnce], const Tokens& x, size_t step,
                       Floats (&sums)[kSidesAtOnce][kTokens]) {
  Unrolled<kTokens>([&](auto t) {
    const Floats sum = x.Sum<kSteps>(t, step);
    Unrolled<kSidesAtOnce>([&](auto s) { sums[s][t] = Fma(minimum[s], sum, sums[s][t]); });
  });
}

// One side's sums of one token, with what is added to them.
inline void Store(const MatMulTask& task, size_t token, size_t row, Floats sum) {
  if (row >= task.row_end) return;
  const size_t left = task.row_end - row;
  const size_t count = left < kLanes ? left : kLanes;
  if (task.bias != nullptr) sum = Add(sum, FirstFloatsAt(task.bias + row, count));
  if (task.residual != nullptr) {
    sum = Add(sum, FirstFloatsAt(task.residual + token * task.residual_stride + row, count));
  }
  PutFirst(task.output + token * task.output_stride + row, count, sum);
}

// Adds a block's products, which begins at a step, to what is kept of a token's.
inline void AddBlock(Floats block, const Tokens& x, size_t token, size_t step, float* kept) {
  const Floats before = step > 0 ? FloatsAt(kept) : Splat(0.0f);
  Put(kept, Fma(block, x.Unit(token, step), before));
}

// ---- Few tokens: weights come straight from the panel ----

// What becomes of some tokens and sides of a panel: a lane a row. Dot products of whole blocks are
// kept in memory, as the registers are wanted for the others.
template <int kSidesAtOnce, int kTokens>
struct Sums {
  Floats block[kSidesAtOnce][kTokens];  // dot products, but for the unit
  Floats minimum[kSidesAtOnce][kTokens] = {};
  float dot[kSidesAtOnce][kTokens][kLanes];

  void BeginBlock() {
    Unrolled<kSidesAtOnce>(
        [&](auto s) { Unrolled<kTokens>([&](auto t) { block[s][t] = Splat(0.0f); }); });
  }
  void EndBlock(const Tokens& x, size_t step) {
    Unrolled<kSidesAtOnce>([&](auto s) {
      Unrolled<kTokens>([&](auto t) { AddBlock(block[s][t], x, t, step, dot[s][t]); });
    });
  }
};

// A stretch of a panel, which begins at half a group.
template <class Isa, class Type, int kHalf, int kSidesAtOnce, int kTokens>
inline void AddStretch(const typename Type::Panel& panel,
                       const typename Type::Scales (&scales)[kSidesAtOnce], int group,
                       int first_side, const Tokens& x, size_t step,
                       Sums<kSidesAtOnce, kTokens>& sums) {
  constexpr int kSteps = Type::kScaleSteps;
  Floats scale[kSidesAtOnce];
  Floats minimum[kSidesAtOnce];
  constexpr bool kCentred = Type::kCodes == Codes::kCentred;
  static_assert(!kCentred || kSteps == 2);
  constexpr bool kBegun = kCentred && Isa::kFloatProducts;
  typename Isa::Product products[kSidesAtOnce][kTokens];
  if constexpr (kBegun) {
    Unrolled<kSidesAtOnce>(
        [&](auto s) { Unrolled<kTokens>([&](auto t) { products[s][t] = x.Centre(t, step); }); });
  }
  Unrolled<kSteps>([&](auto i) {
    Unrolled<kSidesAtOnce>([&](auto s) {
      const Weights w = Type::template Load<kHalf + i>(panel, scales[s], group, first_side + s);
      Words start{};
      if constexpr (Isa::kLifts && Type::kCodes == Codes::kSigned) start = Isa::Start(w.q);
      Unrolled<kTokens>([&](auto t) {
        constexpr int kStep = i + kBegun;
        Isa::template AddStep<Isa, Type::kCodes, kStep>(w.q, start, x, t, step + i, products[s][t]);
      });
      scale[s] = w.scale;
      minimum[s] = w.minimum;
    });
  });
  Unrolled<kSidesAtOnce>([&](auto s) {
    Unrolled<kTokens>([&](auto t) {
      Floats product = ToFloats(products[s][t]);
      if constexpr (kCentred && !kBegun) product = Add(product, x.Centre(t, step));
      sums.block[s][t] = Fma(product, scale[s], sums.block[s][t]);
    });
  });
  if constexpr (Type::kHasMinimums) AddMinimum<kSteps>(minimum, x, step, sums.minimum);
}

// 32 columns.
template <class Isa, class Type, int kSidesAtOnce, int kTokens>
inline void AddGroup(const typename Type::Panel& panel,
                     const typename Type::Scales (&scales)[kSidesAtOnce], int group, int first_side,
                     const Tokens& x, size_t step, Sums<kSidesAtOnce, kTokens>& sums) {
  AddStretch<Isa, Type, 0>(panel, scales, group, first_side, x, step, sums);
  if constexpr (Type::kScaleSteps == 1) {
    AddStretch<Isa, Type, 1>(panel, scales, group, first_side, x, step + 1, sums);
  }
}

// What a panel has of 32 columns.
template <class Type>
inline constexpr size_t kGroupBytes = 2 * sizeof(typename Type::Panel) / Type::kSteps;

inline const char* GroupOf(const void* panel, size_t group_bytes, int group) {
  return static_cast<const char*>(panel) + static_cast<size_t>(group) * group_bytes;
}

// Groups are asked for ahead of their use. What the hardware foresees alone comes too late for an
// unpacking that is nearly as fast as memory, and a large block at once is more than it can have
// under way. So many bytes ahead into the first-level cache and into the second; 0: not.
struct Ahead {
  size_t first_level;
  size_t second_level;
};

// Measured on Zen 4: one token is multiplied with bytes as fast as a core can read them, a ninth
// faster by way of the second-level cache; with fewer bits nothing is gained by it.
constexpr Ahead UsualAhead(int tokens, size_t group_bytes) {
  if (tokens == 1 && group_bytes >= 32 * kPanelRows) return {0, 512};
  return {2048, 0};
}

template <class Isa, class Type, int kTokens>
inline void PrefetchAhead(const char* group) {
  constexpr Ahead kAhead = Isa::AheadFor(kTokens, kGroupBytes<Type>);
  if constexpr (kAhead.first_level > 0) {
    Prefetch<Cache::kFirstLevel>(group + kAhead.first_level, kGroupBytes<Type>);
  }
  if constexpr (kAhead.second_level > 0) {
    Prefetch<Cache::kSecondLevel>(group + kAhead.second_level, kGroupBytes<Type>);
  }
}

template <class Isa, class Type, int kTokens>
[[gnu::flatten, gnu::noinline]] void MultiplyPanelByFew(const MatMulTask& task, size_t row,
                                                        size_t token) {
  constexpr int kSidesAtOnce = Isa::SidesAtOnce(kTokens);
  const Tokens x = TokensOf(task, token);
  const size_t steps = task.columns / 16;
  for (int side = 0; side < kSides; side += kSidesAtOnce) {
    const typename Type::Panel* panel = PanelOf<Type>(task, row);
    Sums<kSidesAtOnce, kTokens> sums;
    for (size_t begin = 0; begin < steps; begin += kBlockSteps) {
      const size_t end = begin + kBlockSteps < steps ? begin + kBlockSteps : steps;
      sums.BeginBlock();
      for (size_t step = begin; step < end; ++panel) {
        typename Type::Scales scales[kSidesAtOnce];
        Unrolled<kSidesAtOnce>([&](auto s) { scales[s] = Type::Decode(*panel, side + s); });
        for (int group = 0; group < Type::kSteps / 2; ++group, step += 2) {
          if (side == 0)
            PrefetchAhead<Isa, Type, kTokens>(GroupOf(panel, kGroupBytes<Type>, group));
          AddGroup<Isa, Type>(*panel, scales, group, side, x, step, sums);
        }
      }
      sums.EndBlock(x, begin);
    }
    Unrolled<kSidesAtOnce>([&](auto s) {
      Unrolled<kTokens>([&](auto t) {
        Floats sum = FloatsAt(sums.dot[s][t]);
        if constexpr (Type::kHasMinimums) sum = Add(sum, sums.minimum[s][t]);
        Store(task, token + static_cast<size_t>(t), row + kLanes * static_cast<size_t>(side + s),
              sum);
      });
    });
  }
}

// From so many tokens on a panel that unpacks slowly is unpacked first.
inline constexpr size_t kSlowManyFrom = 3;

template <class Isa, class Type>
void MultiplyPanelByTiles(const MatMulTask& task, size_t row, size_t first_token, size_t tokens) {
  constexpr int kWidest = Type::kUnpacksSlowly ? kSlowManyFrom - 1 : Isa::kFewTokens;
  ForEachTile(tokens, kWidest, [&](size_t token, size_t count) {
    WithCount<1, kWidest>(
        count, [&](auto n) { MultiplyPanelByFew<Isa, Type, n>(task, row, first_token + token); });
  });
}

template <class Isa, class Type>
void MultiplyFew(const MatMulTask& task) {
  for (size_t row = task.row_begin; row < task.row_end; row += kPanelRows) {
    MultiplyPanelByTiles<Isa, Type>(task, row, 0, task.tokens);
  }
}

// ---- Many tokens: a block of some panels is unpacked, and stays in the caches while all tokens
// pass by. ----

inline constexpr size_t kNever = ~size_t{0};

template <class Isa, class Type>
inline constexpr size_t kManyFrom =
    Type::kUnpacksSlowly ? kSlowManyFrom : Isa::ManyFrom(Type::kCodes);

// Their activations stay in the second-level cache while all panels pass by.
inline constexpr size_t kTokensAtOnce = 128;

// A tile's activations are copied once for so many panels: for one, an eighth of the time is
// copying.
inline constexpr size_t kPanelsAtOnce = 4;

// A stretch of any type. Types with signed codes have no minimums, but may have starts.
template <int kSteps>
struct PlainColumns {
  struct Side {
    uint8_t q[4 * kSteps][4 * kLanes];
    float scale[kLanes];
    union {
      float minimum[kLanes];
      int32_t start[kSteps][kLanes];
    };
  };
  Side side[kSides];
};

// A tile's activations, at distances that the compiler knows.
template <class Isa>
struct Activations {
  std::byte q[Isa::kTileTokens][kBlockSteps * kQ8Group];
  float multipliers[Isa::kTileTokens][kBlockSteps];
  float centres[Isa::kTileTokens][kBlockSteps];  // a vector at least; of centred codes
};

// A block of a panel, and what became of the tokens so far.
template <int kSteps>
struct UnpackedPanel {
  PlainColumns<kSteps> columns[kBlockSteps / kSteps];
  float dots[kTokensAtOnce][kSides][kLanes];
  float minimums[kTokensAtOnce][kSides][kLanes];
};

template <class Isa, int kSteps>
struct Scratch {
  UnpackedPanel<kSteps> panels[kPanelsAtOnce];
  Activations<Isa> x;
};

// Stretches, each as store(its weights, where it belongs) leaves it.
template <class Type, class Store>
inline void ForEachStretch(const typename Type::Panel* panel, size_t steps,
                           PlainColumns<Type::kScaleSteps>* out, const Store& store) {
  for (size_t step = 0; step < steps; step += Type::kSteps, ++panel) {
    for (int side = 0; side < kSides; ++side) {
      const typename Type::Scales scales = Type::Decode(*panel, side);
      for (int group = 0; group < Type::kSteps / 2; ++group) {
        const Weights w[2] = {Type::template Load<0>(*panel, scales, group, side),
                              Type::template Load<1>(*panel, scales, group, side)};
        auto* to = out + (step + 2 * static_cast<size_t>(group)) / Type::kScaleSteps;
        if constexpr (Type::kScaleSteps == 2) {
          store(w, to->side[side]);
        } else {
          store(w, to[0].side[side]);
          store(w + 1, to[1].side[side]);
        }
      }
    }
  }
}

template <class Type>
inline void PutScale(const Weights& w, typename PlainColumns<Type::kScaleSteps>::Side& to) {
  Put(to.scale, w.scale);
  if constexpr (Type::kHasMinimums) Put(to.minimum, w.minimum);
}

template <class Isa, class Type>
[[gnu::flatten, gnu::noinline]] void Unpack(const typename Type::Panel* panel, size_t steps,
                                            PlainColumns<Type::kScaleSteps>* out) {
  ForEachStretch<Type>(panel, steps, out, [](const Weights* w, auto& to) {
    PutScale<Type>(*w, to);
    Unrolled<Type::kScaleSteps>([&](auto i) {
      Unrolled<4>([&](auto line) { Put(to.q[4 * i + line], w[i].q[line]); });
      if constexpr (Isa::kHasStart && Type::kCodes == Codes::kSigned) {
        Put(to.start[i], Isa::Start(w[i].q));
      }
    });
  });
}

// A block that is unpacked, and the tokens that it meets.
struct Pass {
  size_t first_token;
  size_t begin;  // steps
  size_t end;

  size_t steps() const { return end - begin; }
};

// Writes whole vectors.
inline void CopyFloats(const std::byte* at, size_t count, float* to) {
  const auto* from = reinterpret_cast<const float*>(at);
  for (size_t i = 0; i < count; i += kLanes) {
    const size_t left = count - i;
    Put(to + i, left < kLanes ? FirstFloatsAt(from + i, left) : FloatsAt(from + i));
  }
}

// Copies whole vectors: past the last column are the row's multipliers, which are not used here.
template <bool kLifted, bool kCentred, class Isa>
inline void CopyTokens(const Tokens& x, size_t tokens, const Pass& pass, Activations<Isa>& to) {
  const size_t bytes = pass.steps() * kQ8Group;
  for (size_t t = 0; t < tokens; ++t) {
    for (size_t i = 0; i < bytes; i += sizeof(Bytes)) {
      const Bytes q = BytesAt(x.At(t, pass.begin) + i);
      if constexpr (kLifted) {
        Put(to.q[t] + i, Isa::Lifted(q));
      } else {
        Put(to.q[t] + i, q);
      }
    }
    CopyFloats(x.MultiplierAt(t, pass.begin), pass.steps(), to.multipliers[t]);
    if constexpr (kCentred) {
      CopyFloats(x.CentreAt(t, pass.begin), pass.steps() / 2, to.centres[t]);
    }
  }
}

// Tokens [token, token + kTokens) of the pass, of which x is a copy, but for the minimums.
template <class Isa, Codes kCodes, int kSteps, int kTokens>
[[gnu::flatten, gnu::noinline]] void AddDots(const MatMulTask& task, const Activations<Isa>& copy,
                                             const Pass& pass, size_t token,
                                             UnpackedPanel<kSteps>& panel) {
  constexpr bool kLifted = Isa::kLifts && kCodes == Codes::kSigned;
  constexpr bool kCentred = kCodes == Codes::kCentred;
  const Tokens x = TokensOf(task, pass.first_token + token);
  for (int side = 0; side < kSides; ++side) {
    Floats sums[kTokens] = {};
    for (size_t step = 0; step < pass.steps(); step += kSteps) {
      const auto& columns = panel.columns[step / kSteps].side[side];
      Bytes q[kSteps][4];
      Unrolled<kSteps>([&](auto i) {
        Unrolled<4>([&](auto line) { q[i][line] = BytesAt(columns.q[4 * i + line]); });
      });
      const Floats scale = FloatsAt(columns.scale);
      Unrolled<kTokens>([&](auto t) {
        Floats product;
        if constexpr (kCentred) product = SplatFloatAt(&copy.centres[t][step / 2]);
        Unrolled<kSteps>([&](auto i) {
          constexpr int kStep = i + kCentred;
          const std::byte* p = copy.q[t] + (step + i) * kQ8Group;
          const Floats multiplier = SplatFloatAt(&copy.multipliers[t][step + i]);
          if constexpr (kLifted) {
            AddMultiplied<kStep>(Isa::DotLifted(q[i], columns.start[i], p), multiplier, product);
          } else {
            AddMultiplied<kStep>(Isa::template Dot<kCodes>(q[i], Words{}, p), multiplier, product);
          }
        });
        sums[t] = Fma(product, scale, sums[t]);
      });
    }
    Unrolled<kTokens>([&](auto t) {
      float* kept = panel.dots[token + static_cast<size_t>(t)][side];
      AddBlock(sums[t], x, t, pass.begin, kept);
    });
  }
}

// The minimums, for which all sides fit the registers.
template <int kSteps, int kTokens>
[[gnu::flatten, gnu::noinline]] void AddMinimums(const MatMulTask& task, const Pass& pass,
                                                 size_t token, UnpackedPanel<kSteps>& panel) {
  const Tokens x = TokensOf(task, pass.first_token + token);
  Floats sums[kSides][kTokens] = {};
  const auto kept = [&](int side, int t) {
    return panel.minimums[token + static_cast<size_t>(t)][side];
  };
  if (pass.begin > 0) {
    Unrolled<kTokens>([&](auto t) {
      Unrolled<kSides>([&](auto side) { sums[side][t] = FloatsAt(kept(side, t)); });
    });
  }
  for (size_t step = pass.begin; step < pass.end; step += kSteps) {
    const PlainColumns<kSteps>& columns = panel.columns[(step - pass.begin) / kSteps];
    Floats minimum[kSides];
    Unrolled<kSides>([&](auto side) { minimum[side] = FloatsAt(columns.side[side].minimum); });
    AddMinimum<kSteps>(minimum, x, step, sums);
  }
  Unrolled<kTokens>(
      [&](auto t) { Unrolled<kSides>([&](auto side) { Put(kept(side, t), sums[side][t]); }); });
}

// The same as ForEachTile with a constant count, for half of the widest or more, or for any number.
template <bool kAny, int kWidest, class Run>
inline void ForEachManyTile(size_t tokens, const Run& run) {
  // Of two tiles or more, none is narrower than half of the widest.
  constexpr int kNarrowest = kAny ? 1 : (kWidest + 1) / 2;
  ForEachTile(tokens, kWidest, [&](size_t token, size_t count) {
    WithCount<kNarrowest, kWidest>(count, [&](auto n) { run(token, n); });
  });
}

// What a block of the panels that are unpacked adds to the tokens of a pass.
template <class Isa, class Type>
void AddPass(const MatMulTask& task, Scratch<Isa, Type::kScaleSteps>& scratch, const Pass& pass,
             size_t panels, size_t tokens) {
  constexpr int kSteps = Type::kScaleSteps;
  constexpr Codes kCodes = Isa::LikeCodes(Type::kCodes);
  size_t done = 0;
  if constexpr (Isa::kHasTiles) {
    for (; done + Isa::kTileTokens <= tokens; done += Isa::kTileTokens) {
      const Tokens x = TokensOf(task, pass.first_token + done);
      for (size_t p = 0; p < panels; ++p) {
        UnpackedPanel<kSteps>& panel = scratch.panels[p];
        Isa::template AddTile<kCodes, kSteps>(x, panel.columns, pass, panel.dots + done);
      }
    }
  }
  constexpr bool kAny = Isa::kHasTiles || Type::kUnpacksSlowly;
  static_assert(kAny || (Isa::kTileTokens + 1) / 2 <= kManyFrom<Isa, Type>);
  ForEachManyTile<kAny, Isa::kTileTokens>(tokens - done, [&](size_t tile, auto count) {
    const size_t token = done + tile;
    constexpr bool kLifted = Isa::kLifts && kCodes == Codes::kSigned;
    CopyTokens<kLifted, kCodes == Codes::kCentred>(TokensOf(task, pass.first_token + token), count,
                                                   pass, scratch.x);
    for (size_t p = 0; p < panels; ++p) {
      AddDots<Isa, kCodes, kSteps, count>(task, scratch.x, pass, token, scratch.panels[p]);
    }
  });
  if constexpr (Type::kHasMinimums) {
    ForEachManyTile<Type::kUnpacksSlowly, Isa::kMinimumTokens>(
        tokens, [&](size_t token, auto count) {
          for (size_t p = 0; p < panels; ++p) {
            AddMinimums<kSteps, count>(task, pass, token, scratch.panels[p]);
          }
        });
  }
}

// Panels from `row` on.
template <class Isa, class Type>
void MultiplyPanels(const MatMulTask& task, size_t row, size_t panels, size_t first_token,
                    size_t tokens) {
  constexpr int kSteps = Type::kScaleSteps;
  static_assert(sizeof(Scratch<Isa, kSteps>) <= kPanelScratchFloats * sizeof(float));
  auto& scratch = *reinterpret_cast<Scratch<Isa, kSteps>*>(task.scratch);
  const size_t steps = task.columns / 16;
  for (size_t begin = 0; begin < steps; begin += kBlockSteps) {
    const size_t end = begin + kBlockSteps < steps ? begin + kBlockSteps : steps;
    for (size_t p = 0; p < panels; ++p) {
      const typename Type::Panel* panel = PanelOf<Type>(task, row + p * kPanelRows);
      Unpack<Isa, Type>(panel + begin / Type::kSteps, end - begin, scratch.panels[p].columns);
    }
    AddPass<Isa, Type>(task, scratch, {first_token, begin, end}, panels, tokens);
  }
  for (size_t p = 0; p < panels; ++p, row += kPanelRows) {
    const UnpackedPanel<kSteps>& panel = scratch.panels[p];
    for (size_t t = 0; t < tokens; ++t) {
      for (size_t side = 0; side < kSides; ++side) {
        Floats sum = FloatsAt(panel.dots[t][side]);
        if constexpr (Type::kHasMinimums) sum = Add(sum, FloatsAt(panel.minimums[t][side]));
        Store(task, first_token + t, row + kLanes * side, sum);
      }
    }
  }
}

template <class Isa, class Type>
void MultiplyMany(const MatMulTask& task, size_t first_token, size_t tokens) {
  const size_t rows = task.row_end - task.row_begin;
  const size_t all = (rows + kPanelRows - 1) / kPanelRows;
  for (size_t done = 0; done < all; done += kPanelsAtOnce) {
    const size_t panels = all - done < kPanelsAtOnce ? all - done : kPanelsAtOnce;
    MultiplyPanels<Isa, Type>(task, task.row_begin + done * kPanelRows, panels, first_token,
                              tokens);
  }
}

struct RowsInLanes {
  static constexpr Ahead AheadFor(int tokens, size_t group_bytes) {
    return UsualAhead(tokens, group_bytes);
  }
  static constexpr size_t ManyFrom(Codes) { return 9; }

  template <class Isa, class Type>
  static void Multiply(const MatMulTask& task) {
    const bool many = task.tokens >= kManyFrom<Isa, Type>;
    ForEachTile(task.tokens, kTokensAtOnce, [&](size_t first_token, size_t tokens) {
      if constexpr (kManyFrom<Isa, Type> != kNever) {
        if (many) return MultiplyMany<Isa, Type>(task, first_token, tokens);
      }
      for (size_t row = task.row_begin; row < task.row_end; row += kPanelRows) {
        MultiplyPanelByTiles<Isa, Type>(task, row, first_token, tokens);
      }
    });
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
