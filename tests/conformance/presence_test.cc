// Which tensors a model has is decided by its config.json, and a file at odds with it is refused by
// the tensor's name: one that is missing, and one that arithmetic would have to leave out.

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "compress/convert_checkpoint.h"
#include "formats/gguf/gguf_file.h"
#include "golden.h"
#include "models/architecture.h"
#include "models/gguf_checkpoint.h"
#include "models/huggingface/checkpoint.h"
#include "models/huggingface/fields.h"
#include "models/huggingface/folder.h"
#include "models/huggingface/placed_tensors.h"
#include "models/huggingface/placing.h"

namespace ingle {
namespace {

using nlohmann::json;

// What a checkpoint with this config.json may lack.
bool IsOfNoUse(std::string_view tensor, const json& config) {
  const json packed = config.value("quantization_config", json::object());
  const auto ends = [&](std::string_view end) { return tensor.ends_with(end); };
  // What looks at pictures, and what BERT makes of its last states.
  if (IsOfAnotherPart(tensor) || ends("pooler.dense.weight") || ends("pooler.dense.bias")) {
    return true;
  }
  // Without one of its own the output is the embedding.
  if (tensor == "lm_head.weight") return config.value("tie_word_embeddings", false);
  // GPTQ's groups, where they are one after the other, and its zeros, where they are in the middle.
  if (ends(".g_idx")) return !packed.value("desc_act", false);
  if (ends(".qzeros")) return packed.value("sym", false);
  // Gemma 3n has it all the same.
  return ends("altup.correct_output_scale") && !config.value("altup_correct_scale", true);
}

std::string ErrorOf(const HuggingFaceFiles& files) {
  const auto checkpoint = MakeHuggingFaceCheckpoint(files, Matrices::kDescribed);
  if (!checkpoint) return checkpoint.error().message();
  const auto model = BuildModel(**checkpoint);
  return model ? "" : model.error().message();
}

HuggingFaceFiles FilesOf(std::string_view checkpoint) {
  auto read = ReadHuggingFaceFolder(Cat(kFolder, "checkpoints/", checkpoint));
  EXPECT_TRUE(read) << read.error().message();
  return read ? read->files : HuggingFaceFiles{};
}

// Most of a name where messages do not have all of it: blocks miss their scales, scales their
// blocks, and a head has other names in other classes.
std::string_view NamedInErrors(std::string_view tensor) {
  if (tensor.ends_with("_blocks") || tensor.ends_with("_scales")) {
    return tensor.substr(0, tensor.rfind('_'));
  }
  if (tensor.starts_with("classifier.")) return "classifier";
  return tensor;
}

class TensorPresence : public testing::TestWithParam<TestedModel> {
 protected:
  void SetUp() override {
    auto read = ReadHuggingFaceFolder(GetParam().model);
    ASSERT_TRUE(read) << read.error().message();
    files_ = std::move(read->files);
    // Which Mamba 2 writes, and JSON has no word for.
    if (const size_t at = files_.config_json.find("Infinity"); at != std::string::npos) {
      files_.config_json.replace(at, 8, "1e30");
    }
    config_ = json::parse(files_.config_json);
    ASSERT_EQ(ErrorOf(files_), "");
  }

  // The part that describes the language model.
  json& Text() { return config_.contains("text_config") ? config_["text_config"] : config_; }

  std::string ErrorWith(std::string_view field, const json& value) {
    const json before = config_;
    Text()[std::string(field)] = value;
    HuggingFaceFiles files = files_;
    files.config_json = config_.dump();
    config_ = before;
    return ErrorOf(files);
  }

  HuggingFaceFiles files_;
  json config_;
};

TEST_P(TensorPresence, NoneCanBeMissing) {
  for (size_t i = 0; i < files_.tensors.size(); ++i) {
    HuggingFaceFiles files = files_;
    const std::string name = files.tensors[i].name;
    if (IsOfNoUse(name, Text())) continue;
    files.tensors.erase(files.tensors.begin() + static_cast<std::ptrdiff_t>(i));
    const std::string error = ErrorOf(files);
    EXPECT_NE(error.find(NamedInErrors(name)), std::string::npos)
        << "without " << name << ": " << error;
  }
}

// Whether the model has what the rule may switch: a bias goes with a weight.
bool Concerns(const PresenceRule& rule, const PlacedTensors& placed) {
  return std::any_of(placed.tensors.begin(), placed.tensors.end(), [&](const auto& entry) {
    std::string name = entry.first;
    if (rule.tensor.ends_with(".bias") && name.ends_with(".weight")) {
      name.replace(name.size() - 7, 7, ".bias");
    }
    return MatchName(rule.tensor, name).has_value();
  });
}

TEST_P(TensorPresence, SwitchesAreHeldAgainstTheTensors) {
  const auto checkpoint = MakeHuggingFaceCheckpoint(files_, Matrices::kDescribed);
  ASSERT_TRUE(checkpoint);
  for (const PresenceRule& rule : (*checkpoint)->names().presence) {
    const bool is_switch =
        rule.field != kAlways && rule.field != kInClass && rule.field != kEitherWay;
    if (!is_switch || !Concerns(rule, (*checkpoint)->placed())) continue;
    const bool value = Text().value(std::string(rule.field), rule.otherwise);
    const std::string error = ErrorWith(rule.field, !value);
    EXPECT_NE(error.find(rule.field), std::string::npos) << rule.field << ": " << error;
  }
}

TEST_P(TensorPresence, AnOutputOfItsOwnIsThereUnlessItIsTied) {
  const auto has = [&](std::string_view name) {
    return std::any_of(files_.tensors.begin(), files_.tensors.end(),
                       [&](const NamedTensor& tensor) { return tensor.name == name; });
  };
  if (!Generates(GetParam()) || has("lm_head.weight") || has("embed_out.weight")) return;
  const char* field = Text().contains("tie_embedding") ? "tie_embedding" : "tie_word_embeddings";
  EXPECT_NE(ErrorWith(field, false).find(field), std::string::npos) << ErrorWith(field, false);
}

INSTANTIATE_TEST_SUITE_P(, TensorPresence, testing::ValuesIn(CheckpointFolders()),
                         [](const auto& parameter) { return parameter.param.name; });

struct FieldChange {
  std::string_view checkpoint, field;
  json value;
};

void ExpectError(const FieldChange& change, std::string_view words) {
  HuggingFaceFiles files = FilesOf(change.checkpoint);
  json config = json::parse(files.config_json);
  config[std::string(change.field)] = change.value;
  files.config_json = config.dump();
  const std::string error = ErrorOf(files);
  EXPECT_NE(error.find(words), std::string::npos)
      << change.checkpoint << ", " << change.field << " " << change.value << ": " << error;
}

// Fields that say of some layers, or by a number, which tensors there are.
TEST(LayerPresence, IsHeldAgainstTheTensors) {
  const FieldChange changes[] = {
      {"falcon_new", "num_ln_in_parallel_attn", 1},
      {"falcon_new_one_norm", "num_ln_in_parallel_attn", 2},
      {"falcon_old", "num_ln_in_parallel_attn", 2},
      {"gemma4_plain", "attention_k_eq_v", true},
      {"granitemoehybrid_dense", "mamba_d_head", 1},
      {"granitemoehybrid_dense", "num_local_experts", 4},
      {"granitemoehybrid_experts", "num_local_experts", 0},
      {"lfm2_moe_bias", "num_dense_layers", 0},
      {"lfm2_moe_bias", "num_dense_layers", 2},
      {"qwen2_moe_plain", "decoder_sparse_step", 2},
      {"qwen2_moe_plain", "mlp_only_layers", {0}},
      {"qwen3_moe_plain", "mlp_only_layers", {0}},
      {"qwen3_next_interval", "mlp_only_layers", {0}},
      {"qwen3_next_plain", "mlp_only_layers", {1}},
  };
  for (const FieldChange& change : changes) ExpectError(change, change.field);
}

TEST(TableSizes, AreHeldAgainstTheTensors) {
  const FieldChange changes[] = {
      {"bert_plain", "type_vocab_size", 1},
      {"gemma3n_plain", "vocab_size_per_layer_input", 91},
      {"gemma4_plain", "vocab_size_per_layer_input", 98},
      {"nomic_bert_plain", "type_vocab_size", 3},
      {"roberta_plain", "type_vocab_size", 1},
      {"xlm_roberta_one_type", "type_vocab_size", 2},
  };
  for (const FieldChange& change : changes) ExpectError(change, "but the model's fields say");
}

bool HasOutput(const HuggingFaceFiles& files) {
  const auto checkpoint = MakeHuggingFaceCheckpoint(files, Matrices::kDescribed);
  EXPECT_TRUE(checkpoint) << checkpoint.error().message();
  return checkpoint && (*checkpoint)->HasTensor("output.weight");
}

TEST(TiedOutput, IsLeftOutOnlyWhereItIsTheEmbedding) {
  HuggingFaceFiles files = FilesOf("qwen2_tied");
  const auto embedding = std::find_if(
      files.tensors.begin(), files.tensors.end(),
      [](const NamedTensor& tensor) { return tensor.name == "model.embed_tokens.weight"; });
  ASSERT_NE(embedding, files.tensors.end());
  NamedTensor output{"lm_head.weight", embedding->dtype, embedding->view};
  std::vector<std::byte> bytes(output.view->data, output.view->data + output.view->bytes());
  output.view->data = bytes.data();
  files.tensors.push_back(output);
  EXPECT_FALSE(HasOutput(files));
  EXPECT_EQ(ErrorOf(files), "");

  bytes.back() ^= std::byte{1};
  EXPECT_TRUE(HasOutput(files));
  EXPECT_EQ(ErrorOf(files), "");
}

// Buffers that older releases of transformers saved, and parts that the states do not depend on.
TEST(TensorsOfNoUse, AreNotMissed) {
  constexpr std::string_view kCarried[][2] = {
      {"llama_untied", "model.layers.0.self_attn.rotary_emb.inv_freq"},
      {"stablelm_plain", "model.layers.1.self_attn.rotary_emb.inv_freq"},
      {"gpt2_tied", "h.0.attn.bias"},
      {"gpt2_tied", "transformer.h.0.attn.masked_bias"},
      {"gpt_neox_parallel", "gpt_neox.layers.0.attention.bias"},
      {"gpt_neox_parallel", "gpt_neox.layers.0.attention.masked_bias"},
      {"gpt_neox_parallel", "gpt_neox.layers.0.attention.rotary_emb.inv_freq"},
      {"bert_plain", "embeddings.position_ids"},
      {"bert_plain", "bert.embeddings.position_ids"},
      {"bert_plain", "cls.predictions.decoder.weight"},
      {"roberta_plain", "lm_head.dense.weight"},
      {"distilbert_plain", "vocab_transform.weight"},
      {"t5_v1_0", "encoder.embed_tokens.weight"},
      {"t5_v1_0", "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"},
      {"gemma3_nested", "vision_tower.vision_model.embeddings.patch_embedding.weight"},
  };
  for (const auto& [checkpoint, tensor] : kCarried) {
    HuggingFaceFiles files = FilesOf(checkpoint);
    files.tensors.push_back({std::string(tensor), "U8", std::nullopt});
    EXPECT_EQ(ErrorOf(files), "") << checkpoint << ", " << tensor;
  }
}

struct Opened {
  std::string error;
  uint32_t layers = 0;
};

using Change = void (*)(std::string& bytes);

void Replace(std::string& bytes, std::string_view from, std::string_view to) {
  ASSERT_EQ(from.size(), to.size());
  ASSERT_NE(bytes.find(from), std::string::npos) << from;
  for (size_t at = 0; (at = bytes.find(from, at)) != std::string::npos; at += to.size()) {
    bytes.replace(at, from.size(), to);
  }
}

// A GGUF file of the checkpoint, changed.
Opened OpenChanged(std::string_view checkpoint, Change change) {
  const auto path =
      (std::filesystem::path(testing::TempDir()) / Cat("ingle-presence-", checkpoint, ".gguf"))
          .string();
  const Status converted = ConvertCheckpoint(Cat(kFolder, "checkpoints/", checkpoint), path);
  if (!converted) return {converted.error().message()};
  std::string bytes = ReadFile(path);
  change(bytes);
  std::ofstream(path, std::ios::binary) << bytes;
  Opened opened;
  if (auto file = OpenGguf(path); !file) {
    opened.error = file.error().message();
  } else {
    const auto gguf = MakeGgufCheckpoint(std::make_shared<const GgufFile>(*std::move(file)));
    const auto model = BuildModel(**gguf);
    opened = model ? Opened{"", model->shape.layers} : Opened{model.error().message()};
  }
  std::filesystem::remove(path);
  return opened;
}

void WithoutBiasOfQueries(std::string& bytes) {
  Replace(bytes, "blk.0.attn_q.bias", "v.k.0.attn_q.bias");
}

TEST(GgufPresence, WhatTheArchitectureDoesNotComputeIsRefused) {
  EXPECT_EQ(OpenChanged("qwen3_untied", [](std::string&) {}).error, "");
  // Without its norms of q and k.
  const Opened llama =
      OpenChanged("qwen3_untied", [](std::string& bytes) { Replace(bytes, "qwen3", "llama"); });
  EXPECT_NE(llama.error.find("blk.0.attn_k_norm.weight"), std::string::npos) << llama.error;
}

TEST(GgufPresence, WhatFilesMayLackDependsOnTheArchitecture) {
  // Without biases of q, Llama is another model and Qwen2 is none.
  EXPECT_EQ(OpenChanged("llama_f16_biases", WithoutBiasOfQueries).error, "");
  const Opened qwen2 = OpenChanged("qwen2_tied", WithoutBiasOfQueries);
  EXPECT_NE(qwen2.error.find("blk.0.attn_q.bias"), std::string::npos) << qwen2.error;
  const Opened gpt2 = OpenChanged("gpt2_tied", [](std::string& bytes) {
    Replace(bytes, "output_norm.bias", "v.tput_norm.bias");
  });
  EXPECT_NE(gpt2.error.find("output_norm.bias"), std::string::npos) << gpt2.error;
}

TEST(GgufPresence, LayersThatPredictFurtherTokensAreNotOfTheModel) {
  EXPECT_EQ(OpenChanged("phi_half", [](std::string&) {}).layers, 2u);
  const Opened opened = OpenChanged("phi_half", [](std::string& bytes) {
    const std::string_view key = "nextn_predict_layers";
    Replace(bytes, "rope.dimension_count", key);
    const size_t value = bytes.find(key) + key.size() + 4;  // behind its type
    bytes.replace(value, 4, std::string("\1\0\0\0", 4));
  });
  EXPECT_EQ(opened.error, "");
  EXPECT_EQ(opened.layers, 1u);
}

}  // namespace
}  // namespace ingle
