// Every kernel against its definition, on random blocks, at odd sizes.
#include "kernels/matmul/matmul.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include <gtest/gtest.h>

#include "base/half.h"
#include "kernels/bf16_tiles.h"
#include "kernels/dequantize/dequantize.h"
#include "kernels/emulated_testing.h"
#include "kernels/kernel_testing.h"
#include "kernels/matmul/scalar.h"
#include "kernels/matmul/weights_testing.h"
#include "kernels/pack/pack.h"
#include "kernels/q8_rows.h"
#include "kernels/quantize_q8/quantize_q8.h"
#include "kernels/round_bf16/round_bf16.h"

namespace ingle {
namespace {

struct Problem {
  size_t rows, columns, tokens;
  std::vector<std::byte> weights;  // as the kernel wants them
  std::vector<std::byte> input;
  size_t input_row_bytes;
  std::vector<float> bias, residual;
};

std::vector<std::byte> LayOut(const MatMulKernel& kernel, std::vector<std::byte> weights,
                              size_t rows, size_t columns) {
  if (kernel.layout == WeightLayout::kRows) return weights;
  std::vector<std::byte> panels(PanelBytes(kernel.weights, rows, columns));
  PackPanels({kernel.weights, weights.data(), rows, columns, panels.data(), 0, (rows + 15) / 16});
  return panels;
}

Problem MakeProblem(const MatMulKernel& kernel, size_t rows, size_t columns, size_t tokens) {
  Problem p{rows,
            columns,
            tokens,
            LayOut(kernel, RandomWeights(kernel.weights, rows, columns), rows, columns),
            {},
            0,
            RandomFloats(rows, 3),
            RandomFloats(rows * tokens, 4)};
  const std::vector<float> x = RandomFloats(columns * tokens, 5);
  const bool q8 = kernel.input == InputRows::kQ8;
  p.input_row_bytes = q8 ? Q8RowBytes(columns) : columns * sizeof(float);
  p.input.resize(p.input_row_bytes * tokens);
  for (size_t t = 0; t < tokens; ++t) {
    std::byte* row = p.input.data() + t * p.input_row_bytes;
    if (q8) {
      QuantizeQ8Kernels().back().run({x.data() + t * columns, row, columns});
    } else {
      std::memcpy(row, x.data() + t * columns, columns * sizeof(float));
    }
  }
  return p;
}

std::vector<MatMulKernel> AllKernels() {
  std::vector<MatMulKernel> kernels = Emulated().matmul;
  kernels.insert(kernels.end(), MatMulKernels().begin(), MatMulKernels().end());
  return kernels;
}

size_t ScratchFloats(void (*run)(const MatMulTask&), size_t columns) {
  static const std::vector<MatMulKernel> kernels = AllKernels();
  for (const MatMulKernel& kernel : kernels) {
    if (kernel.run == run) return kernel.scratch(columns);
  }
  return kPanelScratchFloats;  // the definition of panels is in no table
}

std::vector<float> Compute(void (*run)(const MatMulTask&), DType type, const Problem& p,
                           size_t first_token, size_t tokens, bool epilogue) {
  std::vector<float> output(p.rows * p.tokens, -1.0f);
  constexpr size_t kMargin = 16;
  const size_t wanted = ScratchFloats(run, p.columns);
  std::vector<float> scratch(wanted + kMargin, -3.0f);
  MatMulTask task{};
  task.weights = p.weights.data();
  task.weight_row_bytes = RowBytes(type, p.columns);
  task.columns = p.columns;
  task.input = p.input.data() + first_token * p.input_row_bytes;
  task.input_row_bytes = p.input_row_bytes;
  task.tokens = tokens;
  task.output = output.data() + first_token * p.rows;
  task.output_stride = p.rows;
  task.bias = epilogue ? p.bias.data() : nullptr;
  task.residual = epilogue ? p.residual.data() + first_token * p.rows : nullptr;
  task.residual_stride = p.rows;
  task.row_end = p.rows;
  task.scratch = scratch.data();
  run(task);
  for (size_t i = wanted; i < scratch.size(); ++i) EXPECT_EQ(scratch[i], -3.0f) << i;
  return output;
}

using Run = void (*)(const MatMulTask&);
Run DefinitionFor(const MatMulKernel& kernel) {
  return kernel.layout == WeightLayout::kPanels ? ScalarPanelKernel(kernel.weights)
                                                : PickMatMul(kernel.weights, 0).run;
}

float LargestOf(const std::vector<float>& values) {
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::fabs(value));
  return largest;
}

// Of float weights in rows.
void SetWeight(DType type, Problem& p, size_t row, size_t column, float value) {
  std::byte* at = p.weights.data() + row * RowBytes(type, p.columns);
  if (type == DType::kF32) {
    std::memcpy(at + column * sizeof(value), &value, sizeof(value));
  } else {
    const uint16_t half = type == DType::kF16 ? F32ToF16(value) : F32ToBF16(value);
    std::memcpy(at + column * sizeof(half), &half, sizeof(half));
  }
}

// Runs body for every kernel that this machine can run, emulated ones too, but the definition
// itself.
template <class Body>
void ForEachFastKernel(const Body& body) {
  for (const MatMulKernel& kernel : AllKernels()) {
    if ((kernel.needs & ~UsableCpuFeatures()) != 0 || kernel.needs == 0) continue;
    SCOPED_TRACE(testing::Message() << kernel.name << " " << Name(kernel.weights));
    body(kernel);
  }
}

TEST(MatMul, AgreesWithTheDefinition) {
  ForEachFastKernel([](const MatMulKernel& kernel) {
    const size_t block = std::max<size_t>(Info(kernel.weights).block_elements, 1);
    const size_t columns = block == 1 ? 77 : block == 32 ? 33 * block : 5 * block;
    for (const size_t tokens : {1u, 2u, 3u, 4u, 5u, 8u, 9u, 16u, 23u, 24u, 63u, 139u}) {
      const Problem p = MakeProblem(kernel, 37, columns, tokens);
      const auto got = Compute(kernel.run, kernel.weights, p, 0, tokens, true);
      const auto want = Compute(DefinitionFor(kernel), kernel.weights, p, 0, tokens, true);
      const float tolerance = kernel.layout == WeightLayout::kPanels ? 0 : 2e-6f * LargestOf(want);
      for (size_t i = 0; i < want.size(); ++i) {
        ASSERT_NEAR(got[i], want[i], tolerance) << i << " of " << tokens << " tokens";
      }
    }
  });
}

// More panels than have their sums kept at a time, for as many tokens as a panel is unpacked for,
// and more.
TEST(MatMul, AgreesWithTheDefinitionForManyRows) {
  ForEachFastKernel([](const MatMulKernel& kernel) {
    if (kernel.layout != WeightLayout::kPanels) return;
    const size_t columns = Info(kernel.weights).block_elements > 64 ? 512 : 320;
    const std::pair<size_t, size_t> sizes[] = {{533, 8}, {533, 24}, {277, 75}};
    for (const auto& [rows, tokens] : sizes) {
      const Problem p = MakeProblem(kernel, rows, columns, tokens);
      const auto got = Compute(kernel.run, kernel.weights, p, 0, tokens, true);
      ASSERT_EQ(got, Compute(DefinitionFor(kernel), kernel.weights, p, 0, tokens, true));
    }
  });
}

// More rows, columns and tokens than are multiplied at a time, and ends of all lengths.
TEST(MatMul, FloatsAgreeWithTheDefinitionAtAllSizes) {
  struct Size {
    size_t rows, columns, tokens;
  };
  constexpr Size kSizes[] = {{1, 1, 1},     {5, 7, 6},      {16, 31, 2},
                             {17, 33, 17},  {100, 4197, 1}, {3, 2111, 7},
                             {90, 605, 70}, {24, 64, 12},   {1061, 65, 65}};
  ForEachFastKernel([&](const MatMulKernel& kernel) {
    if (kernel.layout != WeightLayout::kRows) return;
    for (const Size& size : kSizes) {
      const Problem p = MakeProblem(kernel, size.rows, size.columns, size.tokens);
      const auto got = Compute(kernel.run, kernel.weights, p, 0, size.tokens, true);
      const auto want = Compute(DefinitionFor(kernel), kernel.weights, p, 0, size.tokens, true);
      const float tolerance = 2e-6f * LargestOf(want);
      for (size_t i = 0; i < want.size(); ++i) {
        ASSERT_NEAR(got[i], want[i], tolerance)
            << i << " of " << size.rows << " x " << size.columns << " x " << size.tokens;
      }
    }
  });
}

TEST(MatMul, FloatsOfATokenDoNotDependOnTheBatch) {
  ForEachFastKernel([](const MatMulKernel& kernel) {
    if (kernel.layout != WeightLayout::kRows) return;
    constexpr size_t kRows = 37;
    const Problem p = MakeProblem(kernel, kRows, 605, 70);
    const auto batch = Compute(kernel.run, kernel.weights, p, 0, 70, true);
    for (const size_t count : {1u, 3u, 6u, 8u, 20u}) {
      for (size_t first = 0; first + count <= 70; first += 17) {
        const auto some = Compute(kernel.run, kernel.weights, p, first, count, true);
        const size_t at = first * kRows;
        ASSERT_EQ(0,
                  std::memcmp(some.data() + at, batch.data() + at, count * kRows * sizeof(float)))
            << count << " from " << first;
      }
    }
  });
}

// Activations that the type of the weights cannot hold: large, small, and with all of their bits.
TEST(MatMul, FloatsKeepAllBitsOfActivations) {
  ForEachFastKernel([](const MatMulKernel& kernel) {
    if (kernel.layout != WeightLayout::kRows) return;
    constexpr float kValues[] = {1.00000012f, -1.99999988f, 3.0e38f, 1.17e-31f, 16777215.0f, 0.1f};
    Problem p = MakeProblem(kernel, 3, 32, 1);
    for (size_t r = 0; r < 3; ++r) SetWeight(kernel.weights, p, r, 5, 1.0f);
    for (const float value : kValues) {
      std::vector<float> x(32);
      x[5] = value;
      std::memcpy(p.input.data(), x.data(), 32 * sizeof(float));
      for (const float got : Compute(kernel.run, kernel.weights, p, 0, 1, false)) {
        ASSERT_EQ(got, value);
      }
    }
  });
}

// What is not a number of the definition's is none of a kernel's; other tokens and rows do not
// notice.
TEST(MatMul, InfinitiesAndNaNsAreNeverTakenForNumbers) {
  constexpr size_t kRows = 18, kColumns = 77, kTokens = 7;
  const float infinity = std::numeric_limits<float>::infinity();
  const float low_nan = std::bit_cast<float>(0x7F800001u);  // its first bits are infinity's
  ForEachFastKernel([&](const MatMulKernel& kernel) {
    if (kernel.layout != WeightLayout::kRows) return;
    for (const float value : {infinity, -infinity, std::nanf(""), low_nan}) {
      for (const size_t column : {3u, 76u}) {
        Problem p = MakeProblem(kernel, kRows, kColumns, kTokens);
        std::memcpy(p.input.data() + 4 * p.input_row_bytes + column * sizeof(float), &value,
                    sizeof(float));
        SetWeight(kernel.weights, p, 2, column, infinity);
        const auto got = Compute(kernel.run, kernel.weights, p, 0, kTokens, false);
        const auto want = Compute(DefinitionFor(kernel), kernel.weights, p, 0, kTokens, false);
        for (size_t i = 0; i < want.size(); ++i) {
          ASSERT_EQ(std::isfinite(got[i]), std::isfinite(want[i])) << i << " with " << value;
          ASSERT_TRUE(std::isnan(got[i]) || !std::isnan(want[i])) << i << " with " << value;
        }
        const float first = got[4 * kRows];
        ASSERT_TRUE(first == want[4 * kRows] || !std::isinf(value)) << first << " with " << value;
      }
    }
  });
}

TEST(MatMul, ATokenAloneIsBitForBitATokenInABatch) {
  ForEachFastKernel([](const MatMulKernel& kernel) {
    const size_t columns = 2 * std::max<size_t>(Info(kernel.weights).block_elements, 32);
    const Problem p = MakeProblem(kernel, 19, columns, 7);
    const auto batch = Compute(kernel.run, kernel.weights, p, 0, 7, false);
    for (size_t t = 0; t < 7; ++t) {
      const auto alone = Compute(kernel.run, kernel.weights, p, t, 1, false);
      ASSERT_EQ(0, std::memcmp(alone.data() + t * 19, batch.data() + t * 19, 19 * sizeof(float)));
    }
  });
}

TEST(MatMul, ExtremeQuantizedValuesDoNotSaturate) {
  ForEachFastKernel([](const MatMulKernel& kernel) {
    if (kernel.input != InputRows::kQ8) return;
    constexpr size_t kRows = 5;
    constexpr size_t kColumns = 512;
    constexpr size_t kTokens = 65;  // as many ways as there are to multiply
    for (const int fill : {0x00, 0xFF, 0x80, 0x7F}) {
      Problem p = MakeProblem(kernel, kRows, kColumns, kTokens);
      std::vector<std::byte> weights(kRows * RowBytes(kernel.weights, kColumns),
                                     static_cast<std::byte>(fill));
      for (size_t at = 0; at < weights.size(); at += Info(kernel.weights).block_bytes) {
        TameScales(kernel.weights, weights.data() + at);
      }
      p.weights = LayOut(kernel, weights, kRows, kColumns);
      const std::vector<float> x(kColumns, fill == 0xFF ? -1.0f : 1.0f);
      for (size_t t = 0; t < kTokens; ++t) {
        std::byte* row = p.input.data() + t * p.input_row_bytes;
        QuantizeQ8Kernels().back().run({x.data(), row, kColumns});
      }
      for (const size_t tokens : {size_t{1}, size_t{9}, size_t{25}, kTokens}) {
        const auto got = Compute(kernel.run, kernel.weights, p, 0, tokens, false);
        const auto want = Compute(DefinitionFor(kernel), kernel.weights, p, 0, tokens, false);
        ASSERT_EQ(got, want) << fill;
      }
    }
  });
}

// What the definition for panels approximates: weights decoded from their rows, activations from
// Q8.
TEST(MatMul, PanelsMeanWhatTheirBlocksMean) {
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto type = static_cast<DType>(i);
    if (!HasPanels(type)) continue;
    SCOPED_TRACE(Name(type));
    constexpr size_t kRows = 21;
    const size_t columns = 2 * Info(type).block_elements;
    const MatMulKernel panels{
        {"scalar", 0, ScalarPanelKernel(type)}, type, InputRows::kQ8, WeightLayout::kPanels};
    const Problem p = MakeProblem(panels, kRows, columns, 2);
    const auto got = Compute(panels.run, type, p, 0, 2, false);
    const auto weights = RandomWeights(type, kRows, columns);
    std::vector<float> row(columns);
    for (size_t r = 0; r < kRows; ++r) {
      DequantizeRow(type, weights.data() + r * RowBytes(type, columns), row.data(), columns);
      for (size_t t = 0; t < 2; ++t) {
        const std::byte* x = p.input.data() + t * p.input_row_bytes;
        const auto* multipliers = reinterpret_cast<const float*>(x + Q8MultiplierOffset(columns));
        const auto* units = reinterpret_cast<const float*>(x + Q8UnitOffset(columns));
        double want = 0;
        double size = 0;
        for (size_t c = 0; c < columns; ++c) {
          const double scale = double{units[c / kQ8Block]} * multipliers[c / kQ8Group];
          const double activation = scale * static_cast<int8_t>(x[c]);
          want += double{row[c]} * activation;
          size += std::fabs(double{row[c]} * activation);
        }
        EXPECT_NEAR(got[t * kRows + r], want, 3e-6 * size) << "row " << r;
      }
    }
  }
}

// ---- Activations in tiles ----

struct TilesProblem {
  size_t rows, columns, tokens;
  std::vector<std::byte> weights;  // in rows
  std::vector<std::byte> panels;
  std::vector<float> x;
  std::vector<std::byte> tiles;
  std::vector<float> bias, residual;
};

TilesProblem MakeTilesProblem(const MatMulKernel& kernel, size_t rows, size_t columns,
                              size_t tokens) {
  TilesProblem p{rows,
                 columns,
                 tokens,
                 RandomWeights(kernel.weights, rows, columns),
                 {},
                 RandomFloats(columns * tokens, 5),
                 std::vector<std::byte>(Bf16TilesBytes(tokens, columns), std::byte{0xFF}),
                 RandomFloats(rows, 3),
                 RandomFloats(rows * tokens, 4)};
  p.panels = LayOut(kernel, p.weights, rows, columns);
  for (size_t t = 0; t < tokens; ++t) {
    RoundBf16Kernels().back().run(
        {p.x.data() + t * columns, p.tiles.data() + Bf16RowOffset(t, columns), columns});
  }
  return p;
}

// Of some tokens, all rows, and nothing added.
MatMulTask TaskOf(const MatMulKernel& kernel, const TilesProblem& p, size_t first_token,
                  size_t tokens, std::vector<float>& output, std::vector<float>& scratch) {
  MatMulTask task{};
  task.weights = p.panels.data();
  task.weight_row_bytes = RowBytes(kernel.weights, p.columns);
  task.columns = p.columns;
  task.input = p.tiles.data();
  task.first_token = first_token;
  task.tokens = tokens;
  task.output = output.data();
  task.output_stride = p.rows;
  task.row_end = p.rows;
  task.scratch = scratch.data();
  return task;
}

std::vector<float> ComputeTiles(const MatMulKernel& kernel, const TilesProblem& p,
                                size_t first_token, size_t tokens, bool epilogue = true) {
  std::vector<float> output(p.rows * tokens, -1.0f);
  const size_t wanted = kernel.scratch(p.columns);
  std::vector<float> scratch(wanted + 16, -3.0f);
  MatMulTask task = TaskOf(kernel, p, first_token, tokens, output, scratch);
  task.bias = epilogue ? p.bias.data() : nullptr;
  task.residual = epilogue ? p.residual.data() + first_token * p.rows : nullptr;
  task.residual_stride = p.rows;
  kernel.run_tiles(task);
  for (size_t i = wanted; i < scratch.size(); ++i) EXPECT_EQ(scratch[i], -3.0f) << i;
  return output;
}

template <class Body>
void ForEachTilesKernel(const Body& body) {
  ForEachFastKernel([&](const MatMulKernel& kernel) {
    if (kernel.run_tiles != nullptr) body(kernel);
  });
}

// Both sides have eight bits; sums are floats. A weight may be off by 0.7 units of its last place,
// which is 2^-7 of it at most, and is by 0.31 on average; those that are alike are so alike, too.
TEST(MatMul, TilesAgreeWithTheirBlocks) {
  ForEachTilesKernel([](const MatMulKernel& kernel) {
    const size_t columns = 3 * std::max<size_t>(Info(kernel.weights).block_elements, 64);
    const TilesProblem p = MakeTilesProblem(kernel, 37, columns, 19);
    const std::vector<float> got = ComputeTiles(kernel, p, 0, p.tokens);
    std::vector<float> row(columns);
    for (size_t r = 0; r < p.rows; ++r) {
      DequantizeRow(kernel.weights, p.weights.data() + r * RowBytes(kernel.weights, columns),
                    row.data(), columns);
      for (size_t t = 0; t < p.tokens; ++t) {
        const double added = double{p.bias[r]} + p.residual[t * p.rows + r];
        double sum = 0, size = std::fabs(added), squares = 0;
        for (size_t c = 0; c < columns; ++c) {
          const double product = double{row[c]} * BF16ToF32(F32ToBF16(p.x[t * columns + c]));
          sum += product;
          size += std::fabs(product);
          squares += product * product;
        }
        const double scattered = 6 * 0.31 * std::sqrt(squares), alike = 0.7 * std::fabs(sum);
        ASSERT_NEAR(got[t * p.rows + r], sum + added, 2e-6 * size + (scattered + alike) / 128)
            << r << ", " << t;
      }
    }
  });
}

// Wherever its tile begins, and whatever else is in it, be it no number.
TEST(MatMul, TilesOfATokenDoNotDependOnTheBatch) {
  ForEachTilesKernel([](const MatMulKernel& kernel) {
    const size_t columns = 2 * std::max<size_t>(Info(kernel.weights).block_elements, 32);
    const TilesProblem p = MakeTilesProblem(kernel, 53, columns, 150);
    const std::vector<float> batch = ComputeTiles(kernel, p, 0, p.tokens);
    for (const auto& [first, count] :
         {std::pair<size_t, size_t>{0, 1}, {15, 2}, {17, 46}, {60, 70}, {149, 1}}) {
      TilesProblem some = p;
      for (size_t t = 0; t < p.tokens; ++t) {
        if (t >= first && t < first + count) continue;
        for (size_t c = 0; c < columns; c += 32) {
          std::memset(some.tiles.data() + Bf16RowOffset(t, columns) + c * 32, 0xFF, 64);
        }
      }
      const std::vector<float> got = ComputeTiles(kernel, some, first, count);
      ASSERT_EQ(0,
                std::memcmp(got.data(), batch.data() + first * p.rows, got.size() * sizeof(float)))
          << count << " from " << first;
    }
  });
}

// More rows, columns and tokens than are multiplied at a time; in pieces, and emulated: the same.
TEST(MatMul, TilesAreTheSameBitsInAnyPieces) {
  struct Size {
    size_t rows, columns, tokens;
  };
  for (const Size& size :
       {Size{37, 512, 7}, {149, 4608, 3}, {16, 256, 531}, {533, 256, 40}, {533, 768, 150}}) {
    std::vector<std::vector<float>> first(kDTypeCount);
    ForEachTilesKernel([&](const MatMulKernel& kernel) {
      const TilesProblem p = MakeTilesProblem(kernel, size.rows, size.columns, size.tokens);
      const std::vector<float> got = ComputeTiles(kernel, p, 0, size.tokens, false);
      std::vector<float>& want = first[static_cast<size_t>(kernel.weights)];
      if (want.empty()) want = got;
      ASSERT_EQ(0, std::memcmp(got.data(), want.data(), got.size() * sizeof(float)));
      const std::vector<float> last = ComputeTiles(kernel, p, size.tokens - 1, 1, false);
      ASSERT_EQ(0, std::memcmp(last.data(), got.data() + (size.tokens - 1) * size.rows,
                               last.size() * sizeof(float)));
    });
  }
}

// Whatever it is applied to.
GluTask SomeGlu() {
  GluTask glu{};
  glu.kind = ActivationKind::kGeluTanh;
  glu.limit = 3;
  glu.offset = 1;
  return glu;
}

// The products of two matrices, into floats or tiles, at once, by two workers.
struct GatedResult {
  std::vector<float> floats;
  std::vector<std::byte> tiles;
};
GatedResult ComputeGated(const MatMulKernel& kernel, const TilesProblem& p,
                         const std::vector<std::byte>& up, size_t first_token, size_t tokens,
                         bool into_tiles) {
  GatedResult result{std::vector<float>(p.rows * tokens, -1.0f),
                     std::vector<std::byte>(Bf16TilesBytes(p.tokens, p.rows), std::byte{0x11})};
  std::vector<float> scratch(kernel.scratch(p.columns));
  GatedProduct gated{};
  gated.up_weights = up.data();
  gated.glu = SomeGlu();
  gated.run_glu = ElementwiseTable().back().glu;
  if (into_tiles) gated.tiles = result.tiles.data();
  gated.tile_columns = p.rows;
  MatMulTask task = TaskOf(kernel, p, first_token, tokens, result.floats, scratch);
  task.gated = &gated;
  const size_t cut = p.rows / 32 * 16;
  for (const auto& [begin, end] : {std::pair{size_t{0}, cut}, {cut, p.rows}}) {
    task.row_begin = begin;
    task.row_end = end;
    kernel.run_tiles(task);
  }
  return result;
}

TEST(MatMul, GatedTilesAreTheBitsOfTheirProducts) {
  ForEachTilesKernel([](const MatMulKernel& kernel) {
    constexpr size_t columns = 768;  // more than are multiplied at a time
    const TilesProblem p = MakeTilesProblem(kernel, 96, columns, 150);
    TilesProblem other = p;
    const std::vector<std::byte> more = RandomWeights(kernel.weights, 2 * p.rows, columns);
    other.weights.assign(more.begin() + static_cast<ptrdiff_t>(more.size() / 2), more.end());
    other.panels = LayOut(kernel, other.weights, p.rows, columns);
    for (const auto& [first, count] : {std::pair<size_t, size_t>{0, 150}, {17, 18}, {3, 1}}) {
      const std::vector<float> gate = ComputeTiles(kernel, p, first, count, false);
      const std::vector<float> up = ComputeTiles(kernel, other, first, count, false);
      std::vector<float> want(gate.size());
      GluTask glu = SomeGlu();
      glu.gate = gate.data();
      glu.up = up.data();
      glu.output = want.data();
      glu.count = want.size();
      ElementwiseTable().back().glu(glu);
      EXPECT_EQ(ComputeGated(kernel, p, other.panels, first, count, false).floats, want);

      std::vector<std::byte> tiles(Bf16TilesBytes(p.tokens, p.rows), std::byte{0x11});
      for (size_t t = 0; t < count; ++t) {
        RoundBf16Kernels().back().run(
            {want.data() + t * p.rows, tiles.data() + Bf16RowOffset(first + t, p.rows), p.rows});
      }
      EXPECT_EQ(ComputeGated(kernel, p, other.panels, first, count, true).tiles, tiles);
    }
  });
}

TEST(MatMul, TilesKeepWhatIsNoNumber) {
  ForEachTilesKernel([](const MatMulKernel& kernel) {
    const size_t columns = std::max<size_t>(Info(kernel.weights).block_elements, 64);
    TilesProblem p = MakeTilesProblem(kernel, 5, columns, 3);
    std::vector<float> x(columns, std::nanf(""));
    RoundBf16Kernels().back().run({x.data(), p.tiles.data() + Bf16RowOffset(1, columns), columns});
    const std::vector<float> got = ComputeTiles(kernel, p, 0, 3);
    for (size_t i = 0; i < got.size(); ++i) {
      ASSERT_EQ(std::isnan(got[i]), i / p.rows == 1) << i;
    }
  });
}

TEST(MatMul, EveryTypeHasAKernelForEveryMachine) {
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto type = static_cast<DType>(i);
    if (IsInteger(type)) continue;
    EXPECT_EQ(PickMatMul(type, 0).weights, type);
    EXPECT_EQ(PickMatMul(type, 0).needs, 0u);
  }
}

}  // namespace
}  // namespace ingle
