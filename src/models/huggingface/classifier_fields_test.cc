#include <gtest/gtest.h>

#include "models/huggingface/checkpoint.h"

namespace ingle {
namespace {

using Names = std::vector<std::string>;

Result<std::unique_ptr<Checkpoint>> Read(const std::string& config) {
  return MakeHuggingFaceCheckpoint({"folder", config, {}, nullptr});
}

// fields: after those that say which class it is.
std::string Config(const std::string& class_name, const std::string& fields = "") {
  return Cat(R"({"model_type": "bert", "architectures": [")", class_name, "\"]", fields, "}");
}

std::string ErrorOf(const std::string& config) {
  const auto checkpoint = Read(config);
  return checkpoint ? "" : checkpoint.error().message();
}

Names LabelsOf(const std::string& fields) {
  const auto checkpoint = Read(Config("BertForSequenceClassification", fields));
  if (!checkpoint) {
    ADD_FAILURE() << checkpoint.error().message();
    return {};
  }
  return (*checkpoint)->Strings("classifier.output_labels")->value_or(Names());
}

TEST(ClassifierFields, TheClassSaysWhetherThereIsAHead) {
  const auto task = [](const char* name) {
    return *(*Read(Config(name)))->String("classifier.task").value();
  };
  EXPECT_EQ(task("BertForSequenceClassification"), "text");
  EXPECT_EQ(task("BertForTokenClassification"), "tokens");
  for (const char* name : {"BertModel", "BertForMaskedLM", "BertForPreTraining"}) {
    EXPECT_FALSE((*Read(Config(name)))->String("classifier.task").value()) << name;
  }
  EXPECT_TRUE(Read(R"({"model_type": "bert"})"));
  EXPECT_NE(ErrorOf(Config("BertForQuestionAnswering")).find("architectures"), std::string::npos);
}

TEST(ClassifierFields, LabelsAreInTheOrderOfTheirNumbers) {
  EXPECT_EQ(LabelsOf(R"(, "id2label": {"2": "c", "0": "a", "1": "b"})"), Names({"a", "b", "c"}));
  std::string many = R"(, "id2label": {"0": "0")";
  for (int i = 1; i < 12; ++i) many += Cat(", \"", i, "\": \"", i, "\"");
  EXPECT_EQ(LabelsOf(many + "}")[10], "10");
  EXPECT_EQ(LabelsOf(R"(, "num_labels": 3)"), Names({"LABEL_0", "LABEL_1", "LABEL_2"}));
  EXPECT_EQ(LabelsOf("").size(), 2u);
}

TEST(ClassifierFields, NonsenseIsNamed) {
  const auto error = [](const std::string& fields) {
    return ErrorOf(Config("BertForSequenceClassification", fields));
  };
  for (const char* key : {"1", "-1", "x", "", "0x0", "18446744073709551616", " 0"}) {
    const std::string message = error(Cat(R"(, "id2label": {")", key, R"(": "a"})"));
    EXPECT_NE(message.find("id2label"), std::string::npos) << key;
  }
  EXPECT_NE(error(R"(, "num_labels": 1e9)").find("num_labels"), std::string::npos);
  EXPECT_NE(error(R"(, "problem_type": "other")").find("problem_type"), std::string::npos);
}

TEST(EncoderFields, WhatIngleLacksIsRefusedByName) {
  const auto refused = [](const std::string& type, const std::string& field) {
    return ErrorOf(Cat(R"({"model_type": ")", type, "\", ", field, "}"));
  };
  const std::pair<const char*, const char*> cases[] = {
      {"bert", R"("is_decoder": true)"},
      {"bert", R"("add_cross_attention": true)"},
      {"bert", R"("position_embedding_type": "relative_key")"},
      {"roberta", R"("position_embedding_type": "relative_key_query")"},
      {"nomic_bert", R"("prenorm": true)"},
      {"nomic_bert", R"("activation_function": "geglu")"},
      {"nomic_bert", R"("rotary_emb_fraction": 0.5)"},
      {"nomic_bert", R"("num_experts": 8)"},
      {"nomic_bert", R"("qkv_proj_bias": true)"},
      {"modernbert", R"("layer_types": ["chunked_attention"])"},
      {"modernbert", R"("global_attn_every_n_layers": 0)"},
      {"modernbert", R"("rope_parameters": {"sliding_attention": {"rope_type": "yarn"}})"},
  };
  for (const auto& [type, field] : cases) {
    const std::string name = std::string(field).substr(1, std::string(field).find('"', 1) - 1);
    EXPECT_NE(refused(type, field).find(name), std::string::npos) << type << " " << field;
  }
}

// As checkpoints of the hub have it, whose code is their own.
TEST(EncoderFields, NomicsOwnNamesAreRead) {
  const auto checkpoint = Read(R"({"model_type": "nomic_bert", "n_embd": 48, "n_layer": 5,
      "n_head": 4, "n_inner": 96, "n_positions": 8192, "max_trained_positions": 2048,
      "rotary_emb_base": 1000, "rotary_emb_fraction": 1.0, "rotary_scaling_factor": 2,
      "rotary_emb_interleaved": false, "rotary_emb_scale_base": null, "prenorm": false,
      "activation_function": "swiglu", "qkv_proj_bias": false, "use_rms_norm": false,
      "layer_norm_epsilon": 1e-12})");
  ASSERT_TRUE(checkpoint) << checkpoint.error().message();
  EXPECT_EQ(*(*checkpoint)->Uint("embedding_length").value(), 48u);
  EXPECT_EQ(*(*checkpoint)->Uint("block_count").value(), 5u);
  EXPECT_EQ(*(*checkpoint)->Uint("context_length").value(), 2048u);
  EXPECT_EQ(*(*checkpoint)->Float("rope.freq_base").value(), 1000);
}

}  // namespace
}  // namespace ingle
