// Every kernel against the scalar definition, on random blocks, at odd sizes, misaligned.
#include "kernels/matmul/matmul.h"

#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

#include "base/half.h"
#include "kernels/kernel_testing.h"
#include "kernels/matmul/scalar.h"
#include "kernels/q8_rows.h"
#include "kernels/quantize_q8/quantize_q8.h"
#include "tensor/blocks.h"

namespace ingle {
namespace {

// Random bytes make valid blocks of every type once the binary16 scales in them are tame.
void TameScales(DType type, std::byte* block) {
  const auto tame = [&](size_t offset, float value) {
    const uint16_t bits = F32ToF16(value);
    std::memcpy(block + offset, &bits, sizeof(bits));
  };
  switch (type) {
    case DType::kQ4_0:
      return tame(offsetof(BlockQ4_0, d), 0.01f);
    case DType::kQ5_0:
      return tame(offsetof(BlockQ5_0, d), 0.01f);
    case DType::kQ8_0:
      return tame(offsetof(BlockQ8_0, d), 0.003f);
    case DType::kQ4_1:
    case DType::kQ5_1:
      return tame(0, 0.01f), tame(2, -0.07f);
    case DType::kQ2_K:
      return tame(offsetof(BlockQ2_K, d), 0.01f), tame(offsetof(BlockQ2_K, dmin), 0.005f);
    case DType::kQ3_K:
      return tame(offsetof(BlockQ3_K, d), 0.002f);
    case DType::kQ4_K:
    case DType::kQ5_K:
      return tame(0, 0.002f), tame(2, 0.001f);
    case DType::kQ6_K:
      return tame(offsetof(BlockQ6_K, d), 0.0005f);
    case DType::kIQ4_NL:
      return tame(offsetof(BlockIQ4_NL, d), 0.003f);
    case DType::kIQ4_XS:
      return tame(offsetof(BlockIQ4_XS, d), 0.0002f);
    case DType::kMXFP4:
      block[offsetof(BlockMXFP4, scale)] = static_cast<std::byte>(120);
      return;
    default:
      return;
  }
}

std::vector<std::byte> RandomWeights(DType type, size_t rows, size_t columns) {
  const std::vector<float> floats = RandomFloats(rows * columns, 7);
  std::vector<std::byte> bytes(rows * RowBytes(type, columns) + 64);
  if (type == DType::kF32) {
    std::memcpy(bytes.data(), floats.data(), floats.size() * sizeof(float));
    return bytes;
  }
  if (type == DType::kF16 || type == DType::kBF16) {
    for (size_t i = 0; i < floats.size(); ++i) {
      const uint16_t half = type == DType::kF16 ? F32ToF16(floats[i]) : F32ToBF16(floats[i]);
      std::memcpy(bytes.data() + 2 * i, &half, sizeof(half));
    }
    return bytes;
  }
  std::mt19937 random(11);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  for (size_t at = 0; at + Info(type).block_bytes <= bytes.size(); at += Info(type).block_bytes) {
    TameScales(type, bytes.data() + at);
  }
  return bytes;
}

struct Problem {
  size_t rows, columns, tokens;
  std::vector<std::byte> weights;
  std::vector<std::byte> input;
  size_t input_row_bytes;
  std::vector<float> bias, residual;
};

Problem MakeProblem(const MatMulKernel& kernel, size_t rows, size_t columns, size_t tokens) {
  Problem p{rows,
            columns,
            tokens,
            RandomWeights(kernel.weights, rows, columns),
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
      QuantizeQ8Kernels().back().run({x.data() + t * columns, row, columns, 0, columns / 32});
    } else {
      std::memcpy(row, x.data() + t * columns, columns * sizeof(float));
    }
  }
  return p;
}

std::vector<float> Compute(void (*run)(const MatMulTask&), DType type, const Problem& p,
                           size_t first_token, size_t tokens, bool epilogue) {
  std::vector<float> output(p.rows * p.tokens, -1.0f);
  std::vector<float> scratch(p.columns);
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
  task.row_end = p.rows;
  task.scratch = scratch.data();
  run(task);
  return output;
}

using ScalarQ8 = void (*)(const MatMulTask&);
ScalarQ8 DefinitionFor(const MatMulKernel& kernel) {
  if (kernel.input == InputRows::kF32) return PickMatMul(kernel.weights, 0).run;
  switch (kernel.weights) {
    case DType::kQ4_0:
      return MatMulScalarQ8<DType::kQ4_0>;
    case DType::kQ4_1:
      return MatMulScalarQ8<DType::kQ4_1>;
    case DType::kQ5_0:
      return MatMulScalarQ8<DType::kQ5_0>;
    case DType::kQ5_1:
      return MatMulScalarQ8<DType::kQ5_1>;
    case DType::kQ8_0:
      return MatMulScalarQ8<DType::kQ8_0>;
    case DType::kQ2_K:
      return MatMulScalarQ8<DType::kQ2_K>;
    case DType::kQ3_K:
      return MatMulScalarQ8<DType::kQ3_K>;
    case DType::kQ4_K:
      return MatMulScalarQ8<DType::kQ4_K>;
    case DType::kQ5_K:
      return MatMulScalarQ8<DType::kQ5_K>;
    case DType::kQ6_K:
      return MatMulScalarQ8<DType::kQ6_K>;
    case DType::kIQ4_NL:
      return MatMulScalarQ8<DType::kIQ4_NL>;
    case DType::kIQ4_XS:
      return MatMulScalarQ8<DType::kIQ4_XS>;
    case DType::kMXFP4:
      return MatMulScalarQ8<DType::kMXFP4>;
    case DType::kNVFP4:
      return MatMulScalarQ8<DType::kNVFP4>;
    default:
      return nullptr;
  }
}

// Runs body for every kernel of this machine but the definition itself.
template <class Body>
void ForEachFastKernel(const Body& body) {
  for (const MatMulKernel& kernel : MatMulKernels()) {
    if ((kernel.needs & ~UsableCpuFeatures()) != 0 || kernel.needs == 0) continue;
    SCOPED_TRACE(testing::Message() << kernel.name << " " << Name(kernel.weights));
    body(kernel);
  }
}

TEST(MatMul, AgreesWithTheDefinition) {
  ForEachFastKernel([](const MatMulKernel& kernel) {
    const size_t block = std::max<size_t>(Info(kernel.weights).block_elements, 1);
    const size_t columns = block == 1 ? 77 : 3 * block;
    for (const size_t tokens : {1u, 3u, 4u, 9u}) {
      const Problem p = MakeProblem(kernel, 37, columns, tokens);
      const auto got = Compute(kernel.run, kernel.weights, p, 0, tokens, true);
      const auto want = Compute(DefinitionFor(kernel), kernel.weights, p, 0, tokens, true);
      float largest = 0;
      for (const float value : want) largest = std::max(largest, std::fabs(value));
      for (size_t i = 0; i < want.size(); ++i) {
        ASSERT_NEAR(got[i], want[i], 2e-6f * largest) << i << " of " << tokens << " tokens";
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
    const size_t columns = 512;
    for (const int fill : {0x00, 0xFF, 0x80, 0x7F}) {
      Problem p = MakeProblem(kernel, 5, columns, 1);
      std::memset(p.weights.data(), fill, p.weights.size());
      for (size_t at = 0; at + Info(kernel.weights).block_bytes <= p.weights.size();
           at += Info(kernel.weights).block_bytes) {
        TameScales(kernel.weights, p.weights.data() + at);
      }
      const std::vector<float> x(columns, fill == 0xFF ? -1.0f : 1.0f);
      QuantizeQ8Kernels().back().run({x.data(), p.input.data(), columns, 0, columns / 32});
      const auto got = Compute(kernel.run, kernel.weights, p, 0, 1, false);
      const auto want = Compute(DefinitionFor(kernel), kernel.weights, p, 0, 1, false);
      for (size_t i = 0; i < want.size(); ++i) {
        ASSERT_NEAR(got[i], want[i], 1e-5f * std::fabs(want[i]) + 1e-4f) << fill;
      }
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
