#include "compress/quantization_mix.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "kernels/quantize/quantize.h"

namespace ingle {
namespace {

// The type of one tensor, alone in its model but for an output matrix.
DType TypeOf(std::string_view mix, std::string_view name, const Shape& shape,
             const MixModel& model = {.layers = 32}, bool tied = false) {
  std::vector<MixTensor> tensors = {{name, shape}};
  if (!tied) tensors.push_back({"output.weight", {4, 512}});
  return TypesInMix(*FindQuantizationMix(mix), model, tensors)[0];
}

// The types of a tensor in each of so many layers, as a string of the digits of their bits.
std::string Layers(std::string_view mix, std::string_view tensor, const MixModel& model) {
  std::vector<std::string> names;
  for (uint64_t i = 0; i < model.layers; ++i) names.push_back(Cat("blk.", i, ".", tensor));
  std::vector<MixTensor> tensors;
  // Files list layers in the order of their names at times; the rules count layers.
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    tensors.push_back({*name, {4, 512}});
  }
  const std::vector<DType> types = TypesInMix(*FindQuantizationMix(mix), model, tensors);
  std::string digits;
  for (auto type = types.rbegin(); type != types.rend(); ++type) {
    const std::string_view name = Name(*type);
    digits += name[name.find_first_of("0123456789")];
  }
  return digits;
}

const Shape kWide = {4, 512};

TEST(QuantizationMix, Names) {
  EXPECT_EQ(FindQuantizationMix("q4_k_m")->file_type, 15u);
  EXPECT_EQ(FindQuantizationMix("Q4_K")->name, "Q4_K_M");
  EXPECT_EQ(FindQuantizationMix("q5_k")->name, "Q5_K_M");
  EXPECT_EQ(FindQuantizationMix("Q6_K")->base, DType::kQ6_K);
  EXPECT_EQ(FindQuantizationMix("I32"), nullptr);
  EXPECT_EQ(FindQuantizationMix("Q4"), nullptr);
}

// Whatever a mix may ask for can be written.
TEST(QuantizationMix, EveryTypeCanBeWritten) {
  for (const QuantizationMix& mix : QuantizationMixes()) {
    EXPECT_TRUE(CanQuantize(mix.base)) << mix.name;
    for (const MixRule& rule :
         {mix.attention_v[0], mix.attention_v[1], mix.ffn_down[0], mix.ffn_down[1],
          mix.attention_output, mix.token_embedding, mix.experts}) {
      EXPECT_TRUE(CanQuantize(rule.type)) << mix.name;
    }
  }
}

TEST(QuantizationMix, WhatIsNoMatrix) {
  for (const std::string_view name :
       {"blk.0.attn_norm.weight", "blk.0.attn_q.bias", "blk.0.ffn_gate_inp.weight",
        "blk.0.ffn_gate_inp_shexp.weight", "position_embd.weight", "token_types.weight",
        "blk.0.ssm_conv1d.weight", "blk.0.shortconv.conv.weight", "enc.blk.0.attn_rel_b.weight"}) {
    EXPECT_EQ(TypeOf("Q4_K_M", name, kWide), DType::kF32) << name;
  }
  EXPECT_EQ(TypeOf("Q4_K_M", "blk.0.a.weight", {512}), DType::kF32);
  EXPECT_EQ(TypeOf("Q4_K_M", "blk.0.attn_q.weight", kWide), DType::kQ4_K);
  EXPECT_EQ(TypeOf("Q4_K_M", "blk.0.ffn_gate_exps.weight", {2, 4, 512}), DType::kQ4_K);
  EXPECT_EQ(TypeOf("F16", "blk.0.attn_q.weight", kWide), DType::kF16);
}

TEST(QuantizationMix, OutputAndEmbedding) {
  for (const std::string_view mix : {"Q2_K", "Q4_K_M", "Q4_0", "IQ4_NL", "TQ1_0", "Q6_K"}) {
    EXPECT_EQ(TypeOf(mix, "output.weight", kWide), DType::kQ6_K) << mix;
    EXPECT_EQ(TypeOf(mix, "token_embd.weight", kWide, {}, true), DType::kQ6_K) << mix;
    EXPECT_EQ(TypeOf(mix, "output.weight", {4, 96}), DType::kQ8_0) << mix;
  }
  EXPECT_EQ(TypeOf("Q8_0", "output.weight", kWide), DType::kQ8_0);
  EXPECT_EQ(TypeOf("MXFP4_MOE", "output.weight", kWide), DType::kQ8_0);
  EXPECT_EQ(TypeOf("BF16", "output.weight", kWide), DType::kBF16);
  EXPECT_EQ(TypeOf("Q4_K_M", "token_embd.weight", kWide), DType::kQ4_K);
  EXPECT_EQ(TypeOf("TQ2_0", "token_embd.weight", kWide), DType::kQ4_K);
}

TEST(QuantizationMix, RowsThatAreNoWholeBlocks) {
  const auto narrow = [](std::string_view mix) { return TypeOf(mix, "blk.0.a.weight", {4, 96}); };
  EXPECT_EQ(narrow("Q2_K"), DType::kQ4_0);
  EXPECT_EQ(narrow("Q3_K_S"), DType::kQ4_0);
  EXPECT_EQ(narrow("TQ1_0"), DType::kQ4_0);
  EXPECT_EQ(narrow("IQ4_XS"), DType::kIQ4_NL);
  EXPECT_EQ(narrow("Q4_K_M"), DType::kQ5_0);
  EXPECT_EQ(narrow("Q5_K_S"), DType::kQ5_1);
  EXPECT_EQ(narrow("Q6_K"), DType::kQ8_0);
  EXPECT_EQ(narrow("Q4_1"), DType::kQ4_1);
  EXPECT_EQ(TypeOf("Q4_K_M", "blk.0.a.weight", {4, 40}), DType::kF16);
  EXPECT_EQ(TypeOf("Q8_0", "blk.0.a.weight", {4, 40}), DType::kF16);
}

// Of a model with 32 layers and as many key/value heads as heads.
TEST(QuantizationMix, LayersOfEachMix) {
  const MixModel model = {.layers = 32};
  const std::string spread = "66664464464464464464464464466666";
  EXPECT_EQ(Layers("Q4_K_M", "attn_v.weight", model), spread);
  EXPECT_EQ(Layers("Q4_K_M", "attn_qkv.weight", model), spread);
  EXPECT_EQ(Layers("Q4_K_M", "ffn_down.weight", model), spread);
  EXPECT_EQ(Layers("Q4_K_M", "attn_output.weight", model), std::string(32, '4'));
  EXPECT_EQ(Layers("Q4_K_S", "attn_v.weight", model), "5555" + std::string(28, '4'));
  EXPECT_EQ(Layers("Q4_K_S", "ffn_down.weight", model), "5555" + std::string(28, '4'));
  EXPECT_EQ(Layers("Q3_K_M", "attn_v.weight", model), "55" + std::string(30, '4'));
  EXPECT_EQ(Layers("Q3_K_M", "ffn_down.weight", model), "55" + std::string(30, '4'));
  EXPECT_EQ(Layers("Q3_K_M", "attn_output.weight", model), std::string(32, '4'));
  EXPECT_EQ(Layers("Q3_K_M", "ffn_up.weight", model), std::string(32, '3'));
  EXPECT_EQ(Layers("Q2_K", "attn_v.weight", model), std::string(32, '3'));
  EXPECT_EQ(Layers("Q2_K", "ffn_down.weight", model), std::string(32, '3'));
  EXPECT_EQ(Layers("Q2_K", "attn_k.weight", model), std::string(32, '2'));
  EXPECT_EQ(Layers("Q2_K_S", "ffn_down.weight", model), "4444" + std::string(28, '2'));
  EXPECT_EQ(Layers("IQ4_XS", "ffn_down.weight", model), "5555" + std::string(28, '4'));
  EXPECT_EQ(Layers("Q5_K_M", "ffn_down.weight", {.layers = 3}), "556");
}

TEST(QuantizationMix, FewKeyValueHeads) {
  const MixModel model = {.layers = 32, .heads_per_kv_head = 4};
  EXPECT_EQ(TypeOf("Q2_K", "blk.0.attn_v.weight", kWide, model), DType::kQ4_K);
  EXPECT_EQ(TypeOf("IQ4_NL", "blk.9.attn_v.weight", kWide, model), DType::kQ5_K);
  EXPECT_EQ(TypeOf("IQ4_NL", "blk.9.attn_v.weight", kWide), DType::kIQ4_NL);
}

TEST(QuantizationMix, Experts) {
  const MixModel eight = {.layers = 32, .experts = 8};
  EXPECT_EQ(TypeOf("Q4_K_M", "blk.0.attn_v.weight", kWide, eight), DType::kQ8_0);
  EXPECT_EQ(TypeOf("Q4_K_M", "blk.0.attn_k.weight", kWide, eight), DType::kQ8_0);
  EXPECT_EQ(TypeOf("Q4_K_M", "blk.0.attn_output.weight", kWide, eight), DType::kQ5_K);
  EXPECT_EQ(TypeOf("Q5_K_M", "blk.9.attn_output.weight", kWide, eight), DType::kQ5_K);
  // The layer is that of the name, however many such tensors it has.
  const MixModel many = {.layers = 32, .experts = 64};
  EXPECT_EQ(TypeOf("Q4_K_M", "blk.31.ffn_down_exps.weight", {2, 4, 512}, many), DType::kQ6_K);
  EXPECT_EQ(TypeOf("Q4_K_M", "blk.5.ffn_down_shexp.weight", kWide, many), DType::kQ4_K);
  EXPECT_EQ(TypeOf("MXFP4_MOE", "blk.5.ffn_down_exps.weight", {2, 4, 512}, many), DType::kMXFP4);
  EXPECT_EQ(TypeOf("MXFP4_MOE", "blk.5.attn_q.weight", kWide, many), DType::kQ8_0);
}

}  // namespace
}  // namespace ingle
