// What all families read of config.json, and how.
#include <gtest/gtest.h>

#include "models/huggingface/checkpoint.h"

namespace ingle {
namespace {

Result<std::unique_ptr<HuggingFaceCheckpoint>> Read(const std::string& type,
                                                    const std::string& fields) {
  return MakeHuggingFaceCheckpoint(
      {"folder", Cat(R"({"model_type": ")", type, "\", ", fields, "}"), {}, nullptr});
}

std::string ErrorOf(const std::string& type, const std::string& fields) {
  const auto checkpoint = Read(type, fields);
  return checkpoint ? "" : checkpoint.error().message();
}

TEST(Fields, OfTheWrongTypeAreRefusedByName) {
  const std::pair<const char*, const char*> cases[] = {
      {"llama", R"("tie_word_embeddings": "yes")"},
      {"llama", R"("tie_word_embeddings": 1)"},
      {"llama", R"("hidden_size": "24")"},
      {"llama", R"("hidden_size": true)"},
      {"llama", R"("hidden_act": 3)"},
      {"llama", R"("hidden_act": ["silu"])"},
      {"llama", R"("rms_norm_eps": "1e-5")"},
      {"qwen2", R"("use_sliding_window": "yes")"},
      {"qwen2", R"("use_sliding_window": 1)"},
      {"qwen2", R"("use_sliding_window": true, "sliding_window": "5")"},
      {"mistral", R"("sliding_window": "5")"},
      {"gemma2", R"("query_pre_attn_scalar": "x")"},
      {"gemma2", R"("layer_types": "full_attention")"},
      {"gemma2", R"("layer_types": [1, 0])"},
      {"falcon", R"("multi_query": 0)"},
      {"falcon", R"("alibi": 1)"},
      {"gpt2", R"("scale_attn_weights": 0)"},
      {"lfm2", R"("tie_embedding": 1)"},
      {"lfm2", R"("block_auto_adjust_ff_dim": 0)"},
  };
  for (const auto& [type, fields] : cases) {
    const std::string_view text = fields;
    const size_t name = text.rfind('"', text.rfind("\":") - 1) + 1;
    const std::string message = ErrorOf(type, fields);
    EXPECT_NE(message.find(text.substr(name, text.rfind("\":") - name)), std::string::npos)
        << type << " " << fields << ": " << message;
    EXPECT_NE(message.find("needed"), std::string::npos) << message;
  }
  EXPECT_EQ(ErrorOf("llama", R"("tie_word_embeddings": null, "hidden_act": null)"), "");
}

}  // namespace
}  // namespace ingle
