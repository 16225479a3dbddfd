#include "models/huggingface/packed_matrices.h"

#include <gtest/gtest.h>

namespace ingle {
namespace {

using nlohmann::json;

Result<PackedFormat> Read(const json& quantization) {
  return ReadPackedFormat({{"quantization_config", quantization}});
}

std::string ErrorOf(const json& quantization) {
  const auto format = Read(quantization);
  return format ? "" : format.error().message();
}

TEST(PackedFormat, WithoutOneEveryMatrixIsATensor) {
  for (const json& config : {json::object(), json{{"quantization_config", nullptr}}}) {
    const auto format = ReadPackedFormat(config);
    ASSERT_TRUE(format);
    EXPECT_FALSE(format->packs);
  }
}

TEST(PackedFormat, ReadsGptqAndAwq) {
  const auto gptq = Read({{"quant_method", "gptq"}, {"bits", 4}, {"group_size", -1}});
  ASSERT_TRUE(gptq);
  EXPECT_TRUE(gptq->packs);
  EXPECT_EQ(gptq->layout, Int4Layout::kGptq);
  EXPECT_EQ(gptq->group_size, 0u);
  const auto second = Read({{"quant_method", "gptq"},
                            {"bits", 4},
                            {"group_size", 128},
                            {"checkpoint_format", "gptq_v2"}});
  ASSERT_TRUE(second);
  EXPECT_EQ(second->layout, Int4Layout::kGptqV2);
  EXPECT_EQ(second->group_size, 128u);
  const auto awq =
      Read({{"quant_method", "awq"}, {"w_bit", 4}, {"q_group_size", 64}, {"version", "GEMM"}});
  ASSERT_TRUE(awq);
  EXPECT_EQ(awq->layout, Int4Layout::kAwqGemm);
  EXPECT_EQ(awq->group_size, 64u);
}

TEST(PackedFormat, WhatCannotBeReadIsNamed) {
  const std::pair<json, const char*> cases[] = {
      {{{"quant_method", "gptq"}, {"bits", 8}}, "quantization_config.bits is '8'"},
      {{{"quant_method", "gptq"}}, "bits"},
      {{{"quant_method", "gptq"}, {"bits", 4}, {"group_size", 0}}, "group_size"},
      {{{"quant_method", "gptq"}, {"bits", 4}, {"group_size", "x"}}, "group_size"},
      {{{"quant_method", "gptq"}, {"bits", 4}, {"checkpoint_format", "marlin"}}, "marlin"},
      {{{"quant_method", "gptq"}, {"bits", 4}, {"is_marlin_format", true}}, "marlin"},
      {{{"quant_method", "gptq"}, {"bits", 4}, {"dynamic", {{"-:lm_head", 1}}}}, "dynamic"},
      {{{"quant_method", "awq"}, {"bits", 4}, {"version", "gemv"}}, "gemv"},
      {{{"quant_method", "fp8"}}, "fp8"},
      {{{"quant_method", "bitsandbytes"}, {"load_in_4bit", true}}, "bitsandbytes"},
      {{{"quant_method", "compressed-tensors"}}, "compressed-tensors"},
      {json::object(), "quant_method"},
  };
  for (const auto& [quantization, named] : cases) {
    EXPECT_NE(ErrorOf(quantization).find(named), std::string::npos) << ErrorOf(quantization);
  }
  EXPECT_FALSE(ReadPackedFormat({{"compression_config", {{"quant_method", "sparse"}}}}));
  EXPECT_FALSE(ReadPackedFormat({{"quantization_config", "gptq"}}));
}

class PackedMatrices : public testing::Test {
 protected:
  // 32 inputs, 8 outputs, all numbers 0 and all scales 1.
  std::vector<NamedTensor> Tensors() {
    const auto view = [&](DType type, Shape shape) {
      return TensorView{type, shape, reinterpret_cast<const std::byte*>(words_.data())};
    };
    return {{"lm_head.weight", "F32", view(DType::kF32, {8, 8})},
            {"up.qweight", "I32", view(DType::kI32, {4, 8})},
            {"up.qzeros", "I32", view(DType::kI32, {1, 1})},
            {"up.scales", "F32", view(DType::kF32, {1, 8})},
            {"up.g_idx", "I32", view(DType::kI32, {32})}};
  }
  const std::vector<int32_t> words_ = std::vector<int32_t>(64);
  const PackedFormat gptq_{.packs = true, .layout = Int4Layout::kGptq, .group_size = 32};
};

TEST_F(PackedMatrices, AreTakenFromAmongTheOthers) {
  std::vector<NamedTensor> tensors = Tensors();
  const auto packed = TakePackedMatrices(gptq_, tensors);
  ASSERT_TRUE(packed) << packed.error().message();
  ASSERT_EQ(tensors.size(), 1u);
  EXPECT_EQ(tensors[0].name, "lm_head.weight");
  ASSERT_EQ(packed->size(), 1u);
  EXPECT_EQ((*packed)[0].name, "up.weight");
  const PlacedTensor& placed = (*packed)[0].tensor;
  EXPECT_EQ(placed.shape, (Shape{8, 32}));
  const auto made = placed.make();
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->view.type, placed.type);
  EXPECT_EQ(made->view.shape, placed.shape);
}

TEST_F(PackedMatrices, StayWhereNothingIsPacked) {
  std::vector<NamedTensor> tensors = Tensors();
  EXPECT_TRUE(TakePackedMatrices({}, tensors)->empty());
  EXPECT_EQ(tensors.size(), 5u);
}

TEST_F(PackedMatrices, PartsThatAreMissingAreNamed) {
  PackedFormat ordered = gptq_;
  ordered.ordered = true;
  for (const size_t part : {1, 2, 3, 4}) {
    std::vector<NamedTensor> tensors = Tensors();
    const std::string name = tensors[part].name;
    tensors.erase(tensors.begin() + static_cast<long>(part));
    const auto packed = TakePackedMatrices(ordered, tensors);
    ASSERT_FALSE(packed) << name;
    EXPECT_NE(packed.error().message().find(name), std::string::npos) << packed.error().message();
  }
}

TEST_F(PackedMatrices, DoWithoutWhatTheirConfigurationSays) {
  PackedFormat symmetric = gptq_;
  symmetric.symmetric = true;
  std::vector<NamedTensor> tensors = Tensors();
  tensors.erase(tensors.begin() + 4);
  tensors.erase(tensors.begin() + 2);
  EXPECT_TRUE(TakePackedMatrices(symmetric, tensors));
}

}  // namespace
}  // namespace ingle
