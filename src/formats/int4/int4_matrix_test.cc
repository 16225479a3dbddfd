#include "formats/int4/int4_matrix.h"

#include <cmath>
#include <cstring>
#include <string>

#include <gtest/gtest.h>

#include "base/half.h"
#include "formats/safetensors/safetensors_file.h"
#include "tensor/blocks.h"

namespace ingle {
namespace {

struct Golden {
  SafetensorsFile file;
  Int4Matrix matrix;
  std::vector<float> weights;  // [outputs, inputs]
};

Golden Read(const std::string& name, Int4Layout layout, uint64_t group_size) {
  Result<SafetensorsFile> opened =
      OpenSafetensors(INGLE_SOURCE_DIR "/tests/goldens/int4/" + name + ".safetensors");
  EXPECT_TRUE(opened) << opened.error().message();
  SafetensorsFile file = std::move(opened).value();
  Int4Matrix matrix;
  matrix.layout = layout;
  matrix.group_size = group_size;
  matrix.weights = file.Tensor("qweight").value();
  matrix.scales = file.Tensor("scales").value();
  matrix.zeros = file.Tensor("qzeros").value();
  if (file.FindTensor("g_idx") != nullptr) matrix.group_of_input = file.Tensor("g_idx").value();
  const TensorView view = file.Tensor("weight").value();
  std::vector<float> weights(view.shape.elements());
  std::memcpy(weights.data(), view.data, view.bytes());
  return {std::move(file), matrix, std::move(weights)};
}

// By the words of tensor/blocks.h.
std::vector<float> Decode(const OwnedMatrix& matrix) {
  std::vector<float> out(matrix.shape.elements());
  const std::byte* at = matrix.data.data();
  if (matrix.type == DType::kF16) {
    for (float& value : out) {
      uint16_t bits;
      std::memcpy(&bits, at, sizeof(bits));
      value = F16ToF32(bits);
      at += sizeof(bits);
    }
    return out;
  }
  for (size_t i = 0; i < out.size(); i += kBlock) {
    uint8_t q[kBlock / 2];
    float d;
    float m;
    if (matrix.type == DType::kQ4_0) {
      BlockQ4_0 block;
      std::memcpy(&block, at, sizeof(block));
      at += sizeof(block);
      std::memcpy(q, block.q, sizeof(q));
      d = F16ToF32(block.d);
      m = -8 * d;
    } else {
      BlockQ4_1 block;
      std::memcpy(&block, at, sizeof(block));
      at += sizeof(block);
      std::memcpy(q, block.q, sizeof(q));
      d = F16ToF32(block.d);
      m = F16ToF32(block.m);
    }
    for (size_t k = 0; k < kBlock; ++k) {
      const int level = k < 16 ? q[k] & 15 : q[k - 16] >> 4;
      out[i + k] = d * static_cast<float>(level) + m;
    }
  }
  return out;
}

// Repacks, and gives the largest difference to the weights, in units of the largest scale.
double WorstSteps(const Golden& golden, DType expected) {
  const Result<OwnedMatrix> matrix = RepackInt4("layer", golden.matrix);
  EXPECT_TRUE(matrix) << matrix.error().message();
  EXPECT_EQ(matrix->type, expected);
  EXPECT_EQ(matrix->shape, golden.file.FindTensor("weight")->shape);
  const std::vector<float> decoded = Decode(*matrix);
  double worst = 0;
  for (size_t i = 0; i < decoded.size(); ++i) {
    worst = std::max<double>(worst, std::abs(decoded[i] - golden.weights[i]));
  }
  return worst / 0.015;
}

TEST(RepackInt4, SymmetricIsExact) {
  Golden golden = Read("gptq_symmetric", Int4Layout::kGptq, 32);
  EXPECT_EQ(WorstSteps(golden, DType::kQ4_0), 0);
  golden.matrix.zeros.reset();
  golden.matrix.group_of_input.reset();
  EXPECT_EQ(WorstSteps(golden, DType::kQ4_0), 0);
}

// The rounding of 15 scales, at the most, to eleven bits.
TEST(RepackInt4, ZerosAreRoundedWithTheirScales) {
  constexpr double kLimit = 16.0 / 2048;
  EXPECT_LT(WorstSteps(Read("gptq", Int4Layout::kGptq, 64), DType::kQ4_1), kLimit);
  EXPECT_LT(WorstSteps(Read("gptq_v2", Int4Layout::kGptqV2, 96), DType::kQ4_1), kLimit);
  EXPECT_LT(WorstSteps(Read("gptq_v2", Int4Layout::kGptqV2, 0), DType::kQ4_1), kLimit);
  EXPECT_LT(WorstSteps(Read("awq", Int4Layout::kAwqGemm, 64), DType::kQ4_1), kLimit);
}

TEST(RepackInt4, ScatteredGroupsBecomeHalves) {
  for (const auto& [name, size] :
       {std::pair("gptq_sorted", 32), {"gptq_ragged", 32}, {"gptq_small_groups", 16}}) {
    const Golden golden = Read(name, Int4Layout::kGptq, static_cast<uint64_t>(size));
    const Result<OwnedMatrix> matrix = RepackInt4("layer", golden.matrix);
    ASSERT_TRUE(matrix) << matrix.error().message();
    EXPECT_EQ(matrix->type, DType::kF16) << name;
    const std::vector<float> decoded = Decode(*matrix);
    for (size_t i = 0; i < decoded.size(); ++i) {
      ASSERT_EQ(decoded[i], F16ToF32(F32ToF16(golden.weights[i]))) << name << " " << i;
    }
  }
}

TEST(RepackInt4, AnotherLayoutIsAnotherMatrix) {
  Golden golden = Read("gptq", Int4Layout::kGptqV2, 64);
  EXPECT_GT(WorstSteps(golden, DType::kQ4_1), 0.3);
}

void ExpectRefused(const Int4Matrix& matrix, std::string_view part_of_message,
                   ErrorCode code = ErrorCode::kCorrupt) {
  const Result<OwnedMatrix> result = RepackInt4("layer", matrix);
  ASSERT_FALSE(result) << "accepted; expected: " << part_of_message;
  EXPECT_EQ(result.error().code(), code);
  EXPECT_NE(result.error().message().find(part_of_message), std::string::npos)
      << result.error().message();
}

TEST(RepackInt4, TensorsThatDoNotFitTogether) {
  const Golden golden = Read("gptq", Int4Layout::kGptq, 64);
  Int4Matrix wrong = golden.matrix;
  wrong.group_size = 32;
  ExpectRefused(wrong, "layer.scales is [2, 24], but the other tensors say [4, 24]");
  wrong = golden.matrix;
  wrong.group_size = ~uint64_t{0};
  ExpectRefused(wrong, "say [1, 24]");
  wrong = golden.matrix;
  wrong.layout = Int4Layout::kAwqGemm;
  ExpectRefused(wrong, "layer.qweight is [16, 24], but the other tensors say [16, 3]");
  wrong = golden.matrix;
  wrong.zeros->shape = {2, 2};
  ExpectRefused(wrong, "layer.qzeros is [2, 2], but the other tensors say [2, 3]");
  wrong = golden.matrix;
  wrong.group_of_input->shape = {127};
  ExpectRefused(wrong, "layer.g_idx is [127], but the other tensors say [128]");
  wrong = golden.matrix;
  wrong.scales.shape = {2, 20};
  ExpectRefused(wrong, "are no matrix of 4-bit numbers");
  wrong = golden.matrix;
  wrong.weights.shape = {16, 24, 1};
  ExpectRefused(wrong, "are no matrix of 4-bit numbers");
  wrong = golden.matrix;
  wrong.weights.shape = {0, 24};
  ExpectRefused(wrong, "are no matrix of 4-bit numbers");
}

TEST(RepackInt4, OtherTypes) {
  const Golden golden = Read("gptq", Int4Layout::kGptq, 64);
  Int4Matrix wrong = golden.matrix;
  wrong.weights.type = DType::kI64;
  ExpectRefused(wrong, "layer.qweight is I64, expected I32", ErrorCode::kUnsupported);
  wrong = golden.matrix;
  wrong.zeros->type = DType::kF32;
  ExpectRefused(wrong, "layer.qzeros is F32", ErrorCode::kUnsupported);
  wrong = golden.matrix;
  wrong.scales.type = DType::kI16;
  ExpectRefused(wrong, "layer.scales is I16", ErrorCode::kUnsupported);
}

TEST(RepackInt4, HostileNumbers) {
  const Golden golden = Read("gptq", Int4Layout::kGptq, 64);
  std::vector<int32_t> groups(128, 0);
  groups[5] = -1;
  Int4Matrix wrong = golden.matrix;
  wrong.group_of_input->data = reinterpret_cast<const std::byte*>(groups.data());
  ExpectRefused(wrong, "layer.g_idx puts input 5 in group 4294967295, but there are 2");
  for (const uint16_t bits : {uint16_t{0x7C00}, uint16_t{0x7E00}, uint16_t{0x7BFF}}) {
    std::vector<uint16_t> scales(48, 0x2000);
    scales[7] = bits;
    wrong = golden.matrix;
    wrong.scales.data = reinterpret_cast<const std::byte*>(scales.data());
    ExpectRefused(wrong, "layer.scales holds");
  }
}

}  // namespace
}  // namespace ingle
