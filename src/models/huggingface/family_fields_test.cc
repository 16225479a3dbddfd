// What Gemma 3n's, Gemma 4's and T5's configurations say where it takes more than a table.
#include <cmath>

#include <gtest/gtest.h>

#include "models/huggingface/checkpoint.h"

namespace ingle {
namespace {

using Numbers = std::vector<double>;

Result<std::unique_ptr<Checkpoint>> Read(const std::string& type, const std::string& fields) {
  return MakeHuggingFaceCheckpoint(
      {"folder", Cat(R"({"model_type": ")", type, "\"", fields, "}"), {}, nullptr});
}

std::string ErrorOf(const std::string& type, const std::string& fields) {
  const auto checkpoint = Read(type, fields);
  return checkpoint ? "" : checkpoint.error().message();
}

// A number is a list of one.
Numbers NumbersOf(const std::string& type, const std::string& fields, std::string_view key) {
  const auto checkpoint = Read(type, fields);
  if (!checkpoint) {
    ADD_FAILURE() << checkpoint.error().message();
    return {};
  }
  return (*checkpoint)->Floats(key)->value_or(Numbers());
}

constexpr const char* kSixLayers = R"(, "num_hidden_layers": 6, "intermediate_size": 10)";

TEST(Gemma4Fields, EverySixthAndTheLastLayerSeeEverything) {
  const std::string_view key = "attention.sliding_window_pattern";
  EXPECT_EQ(NumbersOf("gemma4_text", R"(, "num_hidden_layers": 8)", key),
            Numbers({1, 1, 1, 1, 1, 0, 1, 0}));
  const std::string types = R"(, "layer_types": ["sliding_attention", "sliding_attention"])";
  EXPECT_EQ(NumbersOf("gemma4_text", R"(, "num_hidden_layers": 2)" + types, key), Numbers({1, 0}));
  EXPECT_NE(ErrorOf("gemma4_text", R"(, "layer_types": ["linear_attention"])").find("layer_types"),
            std::string::npos);
}

TEST(Gemma4Fields, LayersThatSeeEverythingHaveHeadsOfTheirOwn) {
  EXPECT_EQ(NumbersOf("gemma4_text", kSixLayers, "attention.key_length"), Numbers({512}));
  EXPECT_EQ(NumbersOf("gemma4_text", kSixLayers, "attention.key_length_swa"), Numbers({256}));
  EXPECT_EQ(NumbersOf("gemma4_text", kSixLayers, "attention.head_count_kv"),
            Numbers({4, 4, 4, 4, 4, 4}));
  const std::string global = R"(, "global_head_dim": 64, "num_global_key_value_heads": 1)";
  const std::string named = kSixLayers + global + R"(, "attention_k_eq_v": true)";
  const std::string listed =
      kSixLayers + std::string(R"(, "per_layer_config": {"5": {"head_dim": 64,
                                                              "num_key_value_heads": 1}})");
  for (const std::string& fields : {named, listed}) {
    EXPECT_EQ(NumbersOf("gemma4_text", fields, "attention.key_length"), Numbers({64}));
    EXPECT_EQ(NumbersOf("gemma4_text", fields, "attention.head_count_kv"),
              Numbers({4, 4, 4, 4, 4, 1}));
  }
  // Without keys as values the number of heads is that of all layers.
  EXPECT_EQ(NumbersOf("gemma4_text", kSixLayers + global, "attention.head_count_kv"),
            Numbers({4, 4, 4, 4, 4, 4}));
  const std::string uneven = R"(, "per_layer_config": {"1": {"head_dim": 64}})";
  EXPECT_NE(ErrorOf("gemma4_text", kSixLayers + uneven).find("per_layer_config"),
            std::string::npos);
}

TEST(Gemma4Fields, LayersThatBorrowMayBeTwiceAsWide) {
  const std::string shared = R"(, "num_kv_shared_layers": 2, "use_double_wide_mlp": true)";
  EXPECT_EQ(NumbersOf("gemma4_text", kSixLayers + shared, "feed_forward_length"),
            Numbers({10, 10, 10, 10, 20, 20}));
}

TEST(Gemma4Fields, AQuarterOfAHeadTurns) {
  const auto checkpoint = Read("gemma4_text", kSixLayers);
  ASSERT_TRUE(checkpoint);
  const auto divisors = (*checkpoint)->Tensor("rope_freqs.weight");
  ASSERT_TRUE(divisors);
  ASSERT_EQ(divisors->shape.elements(), 256u);
  const auto* values = reinterpret_cast<const float*>(divisors->data);
  EXPECT_EQ(values[63], 1);
  EXPECT_EQ(values[64], 1e30f);
}

TEST(Gemma4Fields, WhatReadsBothWaysIsRefused) {
  EXPECT_EQ(ErrorOf("gemma4_text", R"(, "use_bidirectional_attention": "vision")"), "");
  EXPECT_NE(ErrorOf("gemma4_text", R"(, "use_bidirectional_attention": "all")")
                .find("use_bidirectional_attention"),
            std::string::npos);
}

TEST(Gemma3nFields, SharesOfClosedGatesBecomeDeviations) {
  const std::string_view key = "activation_sparsity_scale";
  const std::string two = R"(, "num_hidden_layers": 2)";
  const auto given =
      NumbersOf("gemma3n_text", two + R"(, "activation_sparsity_pattern": [0.95, 0])", key);
  ASSERT_EQ(given.size(), 2u);
  EXPECT_NEAR(given[0], 1.6448536, 1e-6);
  EXPECT_EQ(given[1], -INFINITY);
  // By default the first ten layers of more than ten.
  const auto otherwise = NumbersOf("gemma3n_text", R"(, "num_hidden_layers": 12)", key);
  ASSERT_EQ(otherwise.size(), 12u);
  EXPECT_NEAR(otherwise[9], 1.6448536, 1e-6);
  EXPECT_EQ(otherwise[10], -INFINITY);
  for (const char* pattern : {"[0.5]", "[0.5, 1]", "[0.5, \"x\"]", "[-0.1, 0]"}) {
    const std::string fields = Cat(two, R"(, "activation_sparsity_pattern": )", pattern);
    EXPECT_NE(ErrorOf("gemma3n_text", fields).find("activation_sparsity_pattern"),
              std::string::npos)
        << pattern;
  }
}

TEST(T5Fields, NameTheActivationAndScaleTiedOutputs) {
  const auto activation = [](const char* type, const std::string& fields) {
    return *(*Read(type, fields))->String("feed_forward.activation").value();
  };
  EXPECT_EQ(activation("t5", ""), "relu");
  EXPECT_EQ(activation("mt5", ""), "gelu_tanh");
  EXPECT_EQ(activation("t5", R"(, "feed_forward_proj": "gated-gelu")"), "gelu_tanh");
  EXPECT_EQ(activation("t5", R"(, "feed_forward_proj": "gated-silu")"), "silu");
  const std::string both = R"(, "feed_forward_proj": "gated-silu", "dense_act_fn": "relu")";
  EXPECT_EQ(activation("t5", both), "relu");
  EXPECT_EQ(activation("mt5", R"(, "dense_act_fn": "gelu")"), "gelu");
  EXPECT_EQ(NumbersOf("t5", both, "feed_forward.gated"), Numbers({1}));
  EXPECT_EQ(NumbersOf("t5", both + R"(, "is_gated_act": false)", "feed_forward.gated"),
            Numbers({0}));

  const std::string width = R"(, "d_model": 16)";
  EXPECT_EQ(NumbersOf("t5", width, "logit_scale"), Numbers({0.25}));
  EXPECT_EQ(NumbersOf("t5", width + R"(, "tie_word_embeddings": false)", "logit_scale"),
            Numbers({1}));
  EXPECT_EQ(NumbersOf("t5", width + R"(, "scale_decoder_outputs": false)", "logit_scale"),
            Numbers({1}));
  EXPECT_EQ(NumbersOf("mt5", width, "logit_scale"), Numbers({1}));
}

TEST(T5Fields, AnswersBeginAfterThePadding) {
  const std::string_view key = "decoder_start_token_id";
  EXPECT_EQ(NumbersOf("t5", "", key), Numbers({0}));
  EXPECT_EQ(NumbersOf("t5", R"(, "pad_token_id": 3)", key), Numbers({3}));
  EXPECT_EQ(NumbersOf("t5", R"(, "pad_token_id": 3, "decoder_start_token_id": 5)", key),
            Numbers({5}));
}

}  // namespace
}  // namespace ingle
