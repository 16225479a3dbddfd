// Checkpoints whose config.json was changed: either Ingle computes what transformers computes of
// them (changes.json), or it refuses them by the field's name. It never computes something else.

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "execute.h"
#include "golden.h"
#include "models/architecture.h"
#include "models/huggingface/checkpoint.h"
#include "models/huggingface/folder.h"

namespace ingle {
namespace {

using nlohmann::json;

std::string FolderOf(std::string_view checkpoint) {
  return Cat(kFolder, "checkpoints/", checkpoint);
}

// Of a model of one layer without the tensors of the others.
HuggingFaceFiles Changed(std::string_view checkpoint, const json& change) {
  auto folder = ReadHuggingFaceFolder(FolderOf(checkpoint));
  EXPECT_TRUE(folder) << folder.error().message();
  if (!folder) return {};
  HuggingFaceFiles files = std::move(folder->files);
  json config = json::parse(files.config_json);
  for (const auto& [field, value] : change.items()) {
    config[field] = value;
    if (value == "absent") config.erase(field);
  }
  files.config_json = config.dump();
  if (change.value("num_hidden_layers", 0) == 1) {
    std::erase_if(files.tensors, [](const NamedTensor& tensor) {
      return tensor.name.find(".layers.") != std::string::npos &&
             tensor.name.find(".layers.0.") == std::string::npos;
    });
  }
  return files;
}

TEST(ChangedFields, AreComputedAsTransformersDoes) {
  constexpr size_t kStride = 12;  // of the logits in changes.json
  const json rows = json::parse(ReadFile(Cat(kFolder, "changes.json")));
  ASSERT_FALSE(rows.empty());
  for (const json& row : rows) {
    SCOPED_TRACE(Cat(row["checkpoint"].get<std::string>(), " ", row["change"].dump()));
    const std::string name = row["checkpoint"];
    const auto checkpoint = MakeHuggingFaceCheckpoint(Changed(name, row["change"]));
    ASSERT_TRUE(checkpoint) << checkpoint.error().message();
    auto model = BuildModel(**checkpoint);
    ASSERT_TRUE(model) << model.error().message();
    const std::vector<int32_t> prompt =
        json::parse(ReadFile(FolderOf(name) + "/golden.json"))["prompt"];
    const auto logits = ExecuteGraph(std::move(model->graph), DeviceKind::kReference, prompt);
    ASSERT_EQ(logits.size() % prompt.size(), 0u);
    std::vector<float> got;
    for (size_t i = logits.size() - logits.size() / prompt.size(); i < logits.size();
         i += kStride) {
      got.push_back(logits[i]);
    }
    const std::vector<float> want = row["logits"];
    EXPECT_LE(RelativeError(got, want, want.size()), kF32Tolerance);
  }
}

std::string ErrorOf(std::string_view checkpoint, const json& change) {
  const auto made = MakeHuggingFaceCheckpoint(Changed(checkpoint, change), Matrices::kDescribed);
  if (!made) return made.error().message();
  const auto model = BuildModel(**made);
  return model ? "" : model.error().message();
}

struct Refusal {
  std::string_view checkpoint;
  const char* change;      // of config.json
  std::string_view named;  // in the message
};

void ExpectRefusals(std::span<const Refusal> refusals) {
  for (const auto& [checkpoint, change, named] : refusals) {
    const std::string error = ErrorOf(checkpoint, json::parse(change));
    EXPECT_NE(error.find(Cat("field ", named, " ")), std::string::npos)
        << checkpoint << " " << change << ": " << error;
  }
}

TEST(ChangedFields, ListsOfAnotherLengthAreRefused) {
  constexpr Refusal kRefusals[] = {
      {"exaone4_window", R"({"layer_types": ["full_attention"]})", "layer_types"},
      {"gemma2_softcap", R"({"layer_types": ["sliding_attention"]})", "layer_types"},
      {"gemma3_types", R"({"layer_types": ["sliding_attention"]})", "layer_types"},
      {"gemma3_types", R"({"layer_types": "sliding_attention"})", "layer_types"},
      {"gemma4_plain", R"({"layer_types": ["full_attention"]})", "layer_types"},
      {"gpt_oss_plain", R"({"layer_types": ["full_attention"]})", "layer_types"},
      {"granitemoehybrid_experts", R"({"layer_types": ["mamba"]})", "layer_types"},
      {"lfm2_plain", R"({"layer_types": ["conv"]})", "layer_types"},
      {"modernbert_types", R"({"layer_types": ["full_attention"]})", "layer_types"},
      {"olmo3_window", R"({"layer_types": []})", "layer_types"},
      {"qwen2_window", R"({"layer_types": ["full_attention"]})", "layer_types"},
      {"qwen3_next_plain", R"({"layer_types": ["linear_attention"]})", "layer_types"},
      {"smollm3_window", R"({"layer_types": ["full_attention"]})", "layer_types"},
      {"smollm3_window", R"({"no_rope_layers": [1]})", "no_rope_layers"},
      {"smollm3_window", R"({"no_rope_layers": 1})", "no_rope_layers"},
  };
  ExpectRefusals(kRefusals);
}

TEST(ChangedFields, KindsOfLayersThatTheClassLacksAreRefused) {
  constexpr Refusal kRefusals[] = {
      {"lfm2_plain", R"({"num_hidden_layers": 3,
                         "layer_types": ["conv", "full_attention", "attends"]})",
       "layer_types"},
      {"qwen2_window", R"({"use_sliding_window": false, "num_hidden_layers": 3,
                           "layer_types": ["full_attention", "full_attention", "banana"]})",
       "layer_types"},
      {"gemma3_types", R"({"num_hidden_layers": 1, "layer_types": ["linear_attention"]})",
       "layer_types"},
      // Windows without a width.
      {"gpt_oss_plain", R"({"sliding_window": null})", "sliding_window"},
      {"exaone4_window", R"({"sliding_window_pattern": "LG", "layer_types": "absent"})",
       "sliding_window_pattern"},
  };
  ExpectRefusals(kRefusals);
}

TEST(ChangedFields, WhatLooksBothWaysIsRefused) {
  constexpr const char* kBothWays = R"({"is_causal": false})";
  constexpr Refusal kRefusals[] = {
      {"gpt_neox_parallel", kBothWays, "is_causal"},
      {"gpt2_tied", kBothWays, "is_causal"},
      {"llama_untied", kBothWays, "is_causal"},
      {"mistral_window", kBothWays, "is_causal"},
      {"qwen2_window", kBothWays, "is_causal"},
      {"qwen3_untied", kBothWays, "is_causal"},
      {"qwen3_next_plain", kBothWays, "is_causal"},
      {"gemma3_nested", R"({"model_type": "paligemma"})", "model_type"},
  };
  ExpectRefusals(kRefusals);
}

TEST(ChangedFields, IncompleteRopeIsRefused) {
  constexpr Refusal kRefusals[] = {
      {"llama_untied", R"({"rope_parameters": {"rope_theta": "x"}})", "rope_parameters.rope_theta"},
      {"llama_untied", R"({"rope_parameters": "absent", "rope_theta": "x"})", "rope_theta"},
      {"llama_untied", R"({"rope_scaling": "linear"})", "rope_scaling"},
      {"llama_untied", R"({"rope_scaling": [1]})", "rope_scaling"},
      {"llama_untied", R"({"rope_scaling": {"rope_type": 5}})", "rope_scaling"},
      {"llama_untied", R"({"rope_scaling": {"rope_type": "banana"}})", "rope_scaling"},
      {"llama_untied", R"({"rope_scaling": {"rope_type": "linear"}})", "rope_scaling.factor"},
      {"llama_untied", R"({"rope_scaling": {"rope_type": "linear", "factor": "4"}})",
       "rope_scaling.factor"},
      {"llama_untied", R"({"rope_scaling": {"rope_type": "linear", "factor": 0}})",
       "rope_scaling.factor"},
      {"llama_untied", R"({"rope_scaling": {"rope_type": "dynamic"}})", "rope_scaling.factor"},
      {"llama_untied", R"({"rope_scaling": {"rope_type": "yarn"}})", "rope_scaling.factor"},
      {"llama_untied", R"({"rope_scaling": {"rope_type": "llama3"}})", "rope_scaling.factor"},
      {"llama_untied", R"({"rope_scaling": {"rope_type": "llama3", "factor": 2}})",
       "rope_scaling.low_freq_factor"},
      {"phi3_longrope_long", R"({"rope_scaling": {"type": "longrope", "short_factor": [1, 1]}})",
       "rope_scaling.short_factor"},
      // Of families whose layers turn in different ways, the reference reads one object each.
      {"gemma3_types", R"({"rope_parameters": {"rope_type": "linear", "factor": 4}})",
       "rope_parameters"},
      {"olmo3_window", R"({"rope_parameters": {"rope_type": "linear", "factor": 4}})",
       "rope_parameters"},
      {"gemma3_types", R"({"rope_parameters": {"sliding_attention": {"rope_type": "linear"}}})",
       "rope_parameters.sliding_attention"},
  };
  ExpectRefusals(kRefusals);
}

// Messages speak of what the user's folder has.
TEST(ChangedFields, NumbersThatDoNotFitAreRefusedByTheCheckpointsNames) {
  constexpr Refusal kRefusals[] = {
      {"llama_untied", R"({"hidden_size": "absent"})", "hidden_size"},
      {"llama_untied", R"({"intermediate_size": "absent"})", "intermediate_size"},
      {"llama_untied", R"({"num_attention_heads": "absent"})", "num_attention_heads"},
      {"llama_untied", R"({"num_hidden_layers": 0})", "num_hidden_layers"},
      {"llama_untied", R"({"hidden_act": "banana"})", "hidden_act"},
      {"llama_untied", R"({"rope_theta": -1})", "rope_theta"},
      {"llama_untied", R"({"rms_norm_eps": -1})", "rms_norm_eps"},
      {"llama_untied", R"({"max_position_embeddings": 0})", "max_position_embeddings"},
      {"llama_untied", R"({"head_dim": 7})", "head_dim"},
      {"llama_untied", R"({"vocab_size": 96})", "vocab_size"},
      {"mpt_plain", R"({"n_layers": 0})", "n_layers"},
      {"gpt2_tied", R"({"n_embd": 0})", "n_embd"},
      {"granite_multipliers", R"({"attention_multiplier": 0})", "attention_multiplier"},
      {"granite_multipliers", R"({"logits_scaling": 0})", "logits_scaling"},
      {"gemma2_softcap", R"({"query_pre_attn_scalar": -4})", "query_pre_attn_scalar"},
      {"qwen2_window", R"({"sliding_window": 0.5})", "sliding_window"},
      {"phi_half", R"({"partial_rotary_factor": 3})", "partial_rotary_factor"},
  };
  ExpectRefusals(kRefusals);
}

// Beyond it what a token is depends on how long its sequence will have become.
TEST(ChangedFields, DynamicRopeEndsWithTheTrainedContext) {
  const json change = {{"max_position_embeddings", 20}};
  const auto checkpoint = MakeHuggingFaceCheckpoint(Changed("llama_dynamic", change));
  ASSERT_TRUE(checkpoint);
  const auto model = BuildModel(**checkpoint);
  ASSERT_TRUE(model);
  EXPECT_EQ(model->shape.longest_context, 20u);
}

}  // namespace
}  // namespace ingle
