// Panels of quantized weights times Q8 activations, AVX2.
//
// A tile is one or both sides of a panel by up to eight tokens: per token and side one accumulator,
// whose lanes are rows. Four columns of a token, broadcast, meet a line of weights in maddubs.
// Sums stay in 16 bits as long as the type's codes allow.
//
// Each sum goes through the columns in order, sixteen at a time, and adds the same numbers in the
// same order as matmul/scalar_panels.cc: bit for bit the same, whatever the tile.
#include "kernels/matmul/matmul_task.h"
#include "kernels/matmul/x86_avx2.h"
#include "kernels/matmul/x86_avx2_panels_inline.h"
#include "kernels/q8_rows.h"

namespace ingle {
namespace {

// Tokens from here on, as rows of Q8.
struct Tokens {
  const std::byte* first;
  size_t stride;
  size_t scale_offset;
  size_t sum_offset;

  __m256i Four(size_t token, size_t column) const {
    int four;
    __builtin_memcpy(&four, first + token * stride + column, sizeof(four));
    return _mm256_set1_epi32(four);
  }
  __m256 Scale(size_t token, size_t step) const {
    return Broadcast(first + token * stride + scale_offset + step * sizeof(float));
  }
  __m256 Sum(size_t token, size_t step) const {
    return Broadcast(first + token * stride + sum_offset + step * sizeof(float));
  }
  static __m256 Broadcast(const std::byte* p) {
    return _mm256_broadcast_ss(reinterpret_cast<const float*>(p));
  }
};

Tokens TokensOf(const MatMulTask& task, size_t token) {
  return {task.input + token * task.input_row_bytes, task.input_row_bytes,
          Q8ScaleOffset(task.columns), Q8SumOffset(task.columns)};
}

// The products of sixteen columns, exact, a row a lane.
template <Codes kCodes>
inline __m256i Dot(const __m256i (&q)[4], const Tokens& x, size_t token, size_t column) {
  const __m256i ones = _mm256_set1_epi16(1);
  const auto pairs = [&](size_t i) __attribute__((always_inline)) {
    const __m256i four = x.Four(token, column + 4 * i);
    if constexpr (kCodes == Codes::kSigned) {
      return _mm256_maddubs_epi16(_mm256_abs_epi8(q[i]), _mm256_sign_epi8(four, q[i]));
    } else {
      return _mm256_maddubs_epi16(q[i], four);
    }
  };
  if constexpr (kCodes == Codes::kBelow32) {
    const __m256i first = _mm256_add_epi16(pairs(0), pairs(1));
    return _mm256_madd_epi16(_mm256_add_epi16(first, _mm256_add_epi16(pairs(2), pairs(3))), ones);
  } else if constexpr (kCodes == Codes::kBelow64) {
    return _mm256_add_epi32(_mm256_madd_epi16(_mm256_add_epi16(pairs(0), pairs(1)), ones),
                            _mm256_madd_epi16(_mm256_add_epi16(pairs(2), pairs(3)), ones));
  } else {
    const auto quads = [&](size_t i) __attribute__((always_inline)) {
      return _mm256_madd_epi16(pairs(i), ones);
    };
    return _mm256_add_epi32(_mm256_add_epi32(quads(0), quads(1)),
                            _mm256_add_epi32(quads(2), quads(3)));
  }
}

// body(0), body(1) ... body(kCount - 1), without a loop: what body indexes stays in registers.
template <int kCount, class Body>
inline void Unrolled(const Body& body) {
  if constexpr (kCount > 0) {
    Unrolled<kCount - 1>(body);
    body(kCount - 1);
  }
}

// What becomes of some tokens and sides of a panel: a lane a row.
template <int kSides, int kTokens>
struct Sums {
  __m256 dot[kSides][kTokens] = {};
  __m256 minimum[kSides][kTokens] = {};
};

// Adds the products of sixteen columns to the sums of one side.
template <Codes kCodes, int kTokens>
inline void AddColumns(const Weights& w, const Tokens& x, size_t step, __m256 (&sums)[kTokens]) {
  Unrolled<kTokens>([&](int t) {
    const __m256 dot = _mm256_cvtepi32_ps(Dot<kCodes>(w.q, x, t, 16 * step));
    sums[t] = _mm256_fmadd_ps(dot, _mm256_mul_ps(w.scale, x.Scale(t, step)), sums[t]);
  });
}

// Adds the product with a minimum that kSteps steps share, the last of which is `step`.
template <int kSteps, int kSides, int kTokens>
inline void AddMinimum(const __m256 (&minimum)[kSides], const Tokens& x, size_t step,
                       __m256 (&sums)[kSides][kTokens]) {
  Unrolled<kTokens>([&](int t) {
    const __m256 last = x.Sum(t, step);
    const __m256 sum = kSteps == 2 ? _mm256_add_ps(x.Sum(t, step - 1), last) : last;
    Unrolled<kSides>([&](int s) { sums[s][t] = _mm256_fmadd_ps(minimum[s], sum, sums[s][t]); });
  });
}

// One step of a panel, all of it.
template <class Type, int kHalf, int kSides, int kTokens>
inline void AddStep(const typename Type::Panel& panel,
                    const typename Type::Scales (&scales)[kSides], int group, int first_side,
                    const Tokens& x, size_t step, Sums<kSides, kTokens>& sums) {
  __m256 minimum[kSides];
  Unrolled<kSides>([&](int s) {
    const Weights w = Type::template Load<kHalf>(panel, scales[s], group, first_side + s);
    AddColumns<Type::kCodes, kTokens>(w, x, step, sums.dot[s]);
    minimum[s] = w.minimum;
  });
  if constexpr (Type::kMinimumSteps == 1 || (Type::kMinimumSteps == 2 && kHalf == 1)) {
    AddMinimum<Type::kMinimumSteps, kSides, kTokens>(minimum, x, step, sums.minimum);
  }
}

// Eight rows' sums of one token, with what is added to them.
inline void Store(const MatMulTask& task, size_t token, size_t row, __m256 sum) {
  if (row >= task.row_end) return;
  const size_t left = task.row_end - row;
  const __m256i mask = FirstLanes(left < 8 ? static_cast<unsigned>(left) : 8u);
  const size_t at = token * task.output_stride + row;
  if (task.bias != nullptr) {
    sum = _mm256_add_ps(sum, _mm256_maskload_ps(task.bias + row, mask));
  }
  if (task.residual != nullptr) {
    sum = _mm256_add_ps(sum, _mm256_maskload_ps(task.residual + at, mask));
  }
  _mm256_maskstore_ps(task.output + at, mask, sum);
}

// ---- Few tokens: weights come straight from the panel ----

// Asks for a block that is some way ahead: what the hardware foresees alone comes too late for an
// unpacking that is nearly as fast as memory. Where nothing is there any more, nothing happens.
template <class Panel>
inline void Prefetch(const Panel* panel) {
  constexpr size_t kAhead = 2048;
  const char* ahead = reinterpret_cast<const char*>(panel) + kAhead;
  for (size_t at = 0; at < sizeof(Panel); at += 64) _mm_prefetch(ahead + at, _MM_HINT_T0);
}

template <class Type, int kSides, int kTokens>
[[gnu::flatten]] void FewTokens(const MatMulTask& task, const void* panels, size_t row,
                                size_t token) {
  const Tokens x = TokensOf(task, token);
  for (int side = 0; side < 2; side += kSides) {
    const auto* panel = static_cast<const typename Type::Panel*>(panels);
    Sums<kSides, kTokens> sums;
    for (size_t step = 0; step < task.columns / 16; ++panel) {
      if (side == 0) Prefetch(panel);
      typename Type::Scales scales[kSides];
      Unrolled<kSides>([&](int s) { scales[s] = Type::Decode(*panel, side + s); });
      for (int group = 0; group < Type::kSteps / 2; ++group, step += 2) {
        AddStep<Type, 0>(*panel, scales, group, side, x, step, sums);
        AddStep<Type, 1>(*panel, scales, group, side, x, step + 1, sums);
      }
    }
    Unrolled<kSides>([&](int s) {
      Unrolled<kTokens>([&](int t) {
        Store(task, token + static_cast<size_t>(t), row + 8 * static_cast<size_t>(side + s),
              _mm256_add_ps(sums.dot[s][t], sums.minimum[s][t]));
      });
    });
  }
}

// By the number of tokens, from one. Both sides at once while the sums, the weights and what comes
// in between fit sixteen registers.
template <class Type>
constexpr void (*kFewTokens[])(const MatMulTask&, const void*, size_t, size_t) = {
    FewTokens<Type, 2, 1>, FewTokens<Type, 2, 2>, FewTokens<Type, 1, 3>, FewTokens<Type, 1, 4>};

// ---- Many tokens: some columns of a panel are unpacked, and stay in the first-level cache while
// all tokens pass by. ----

constexpr size_t kChunkSteps = 32;
constexpr size_t kTokensAtOnce = 128;
constexpr size_t kTileTokens = 8;
constexpr size_t kMinimumTokens = 4;

struct Scratch {
  PlainColumns columns[kChunkSteps];
  // Of each token and side, so far.
  float dots[kTokensAtOnce][2][8];
  float minimums[kTokensAtOnce][2][8];
};
static_assert(sizeof(Scratch) <= kPanelScratchFloats * sizeof(float));

template <class Type>
[[gnu::flatten]] void Unpack(const typename Type::Panel* panel, size_t steps, PlainColumns* out) {
  const auto store = [](const Weights& w, PlainColumns::Side& to) {
    Unrolled<4>([&](int i) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to.q[i]), w.q[i]); });
    _mm256_storeu_ps(to.scale, w.scale);
    if constexpr (Type::kMinimumSteps > 0) _mm256_storeu_ps(to.minimum, w.minimum);
  };
  for (size_t step = 0; step < steps; step += Type::kSteps, ++panel) {
    for (int side = 0; side < 2; ++side) {
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

// Tokens [token, token + kTokens) of the pass, but for the minimums.
template <Codes kCodes, int kTokens>
[[gnu::flatten]] void AddDots(const MatMulTask& task, Scratch& scratch, const Pass& pass,
                              size_t token) {
  const Tokens x = TokensOf(task, pass.first_token + token);
  for (int side = 0; side < 2; ++side) {
    __m256 sums[kTokens] = {};
    if (pass.begin > 0) {
      Unrolled<kTokens>([&](int t) {
        sums[t] = _mm256_loadu_ps(scratch.dots[token + static_cast<size_t>(t)][side]);
      });
    }
    for (size_t step = pass.begin; step < pass.end; ++step) {
      const Weights w = LoadPlain(scratch.columns[step - pass.begin].side[side]);
      AddColumns<kCodes, kTokens>(w, x, step, sums);
    }
    Unrolled<kTokens>([&](int t) {
      _mm256_storeu_ps(scratch.dots[token + static_cast<size_t>(t)][side], sums[t]);
    });
  }
}

template <Codes kCodes>
constexpr void (*kAddDots[])(const MatMulTask&, Scratch&, const Pass&, size_t) = {
    AddDots<kCodes, 1>, AddDots<kCodes, 2>, AddDots<kCodes, 3>, AddDots<kCodes, 4>,
    AddDots<kCodes, 5>, AddDots<kCodes, 6>, AddDots<kCodes, 7>, AddDots<kCodes, 8>};

// The minimums, for which both sides fit the registers.
template <int kSteps, int kTokens>
[[gnu::flatten]] void AddMinimums(const MatMulTask& task, Scratch& scratch, const Pass& pass,
                                  size_t token) {
  const Tokens x = TokensOf(task, pass.first_token + token);
  __m256 sums[2][kTokens] = {};
  const auto kept = [&](int side, int t) {
    return scratch.minimums[token + static_cast<size_t>(t)][side];
  };
  if (pass.begin > 0) {
    Unrolled<kTokens>([&](int t) {
      Unrolled<2>([&](int side) { sums[side][t] = _mm256_loadu_ps(kept(side, t)); });
    });
  }
  for (size_t step = pass.begin + kSteps - 1; step < pass.end; step += kSteps) {
    const PlainColumns& columns = scratch.columns[step - pass.begin];
    const __m256 minimum[2] = {_mm256_loadu_ps(columns.side[0].minimum),
                               _mm256_loadu_ps(columns.side[1].minimum)};
    AddMinimum<kSteps, 2, kTokens>(minimum, x, step, sums);
  }
  Unrolled<kTokens>([&](int t) {
    Unrolled<2>([&](int side) { _mm256_storeu_ps(kept(side, t), sums[side][t]); });
  });
}

template <int kSteps>
constexpr void (*kAddMinimums[])(const MatMulTask&, Scratch&, const Pass&, size_t) = {
    AddMinimums<kSteps, 1>, AddMinimums<kSteps, 2>, AddMinimums<kSteps, 3>, AddMinimums<kSteps, 4>};

// run(first, count) for all of `tokens`, in tiles of nearly the same width.
template <class Run>
inline void ForEachTile(size_t tokens, size_t widest, const Run& run) {
  const size_t tiles = (tokens + widest - 1) / widest;
  size_t token = 0;
  for (size_t i = 0; i < tiles; ++i) {
    const size_t end = tokens * (i + 1) / tiles;
    run(token, end - token);
    token = end;
  }
}

template <class Type>
void MultiplyMany(const MatMulTask& task, const typename Type::Panel* panel, size_t row,
                  size_t first_token, size_t tokens) {
  Scratch& scratch = *reinterpret_cast<Scratch*>(task.scratch);
  const size_t steps = task.columns / 16;
  for (size_t begin = 0; begin < steps; begin += kChunkSteps) {
    const size_t end = begin + kChunkSteps < steps ? begin + kChunkSteps : steps;
    Unpack<Type>(panel + begin / Type::kSteps, end - begin, scratch.columns);
    const Pass pass{first_token, begin, end};
    ForEachTile(tokens, kTileTokens, [&](size_t token, size_t count) {
      kAddDots<Type::kCodes>[count - 1](task, scratch, pass, token);
    });
    if constexpr (Type::kMinimumSteps > 0) {
      ForEachTile(tokens, kMinimumTokens, [&](size_t token, size_t count) {
        kAddMinimums<Type::kMinimumSteps>[count - 1](task, scratch, pass, token);
      });
    }
  }
  for (size_t t = 0; t < tokens; ++t) {
    for (size_t side = 0; side < 2; ++side) {
      __m256 sum = _mm256_loadu_ps(scratch.dots[t][side]);
      if constexpr (Type::kMinimumSteps > 0) {
        sum = _mm256_add_ps(sum, _mm256_loadu_ps(scratch.minimums[t][side]));
      }
      Store(task, first_token + t, row + 8 * side, sum);
    }
  }
}

// From here on a panel is unpacked first: what that costs is less than to do it for every tile.
constexpr size_t kManyFrom = 9;

template <class Type>
void MatMulPanels(const MatMulTask& task) {
  const auto panel_of = [&](size_t row) {
    return reinterpret_cast<const typename Type::Panel*>(task.weights +
                                                         row * task.weight_row_bytes);
  };
  if (task.tokens < kManyFrom) {
    for (size_t row = task.row_begin; row < task.row_end; row += kPanelRows) {
      ForEachTile(task.tokens, 4, [&](size_t token, size_t count) {
        kFewTokens<Type>[count - 1](task, panel_of(row), row, token);
      });
    }
    return;
  }
  ForEachTile(task.tokens, kTokensAtOnce, [&](size_t first_token, size_t tokens) {
    for (size_t row = task.row_begin; row < task.row_end; row += kPanelRows) {
      MultiplyMany<Type>(task, panel_of(row), row, first_token, tokens);
    }
  });
}

}  // namespace

void MatMulPanelsQ4_0Avx2(const MatMulTask& task) { MatMulPanels<Q4_0>(task); }
void MatMulPanelsQ4_1Avx2(const MatMulTask& task) { MatMulPanels<Q4_1>(task); }
void MatMulPanelsQ5_0Avx2(const MatMulTask& task) { MatMulPanels<Q5_0>(task); }
void MatMulPanelsQ5_1Avx2(const MatMulTask& task) { MatMulPanels<Q5_1>(task); }
void MatMulPanelsQ8_0Avx2(const MatMulTask& task) { MatMulPanels<Q8_0>(task); }
void MatMulPanelsQ2_KAvx2(const MatMulTask& task) { MatMulPanels<Q2_K>(task); }
void MatMulPanelsQ3_KAvx2(const MatMulTask& task) { MatMulPanels<Q3_K>(task); }
void MatMulPanelsQ4_KAvx2(const MatMulTask& task) { MatMulPanels<Q4_K>(task); }
void MatMulPanelsQ5_KAvx2(const MatMulTask& task) { MatMulPanels<Q5_K>(task); }
void MatMulPanelsQ6_KAvx2(const MatMulTask& task) { MatMulPanels<Q6_K>(task); }
void MatMulPanelsIQ4_NLAvx2(const MatMulTask& task) { MatMulPanels<IQ4_NL>(task); }
void MatMulPanelsIQ4_XSAvx2(const MatMulTask& task) { MatMulPanels<IQ4_XS>(task); }
void MatMulPanelsMXFP4Avx2(const MatMulTask& task) { MatMulPanels<MXFP4>(task); }
void MatMulPanelsNVFP4Avx2(const MatMulTask& task) { MatMulPanels<NVFP4>(task); }

}  // namespace ingle
