#include "models/huggingface/sentence_modules.h"

#include <map>

#include <gtest/gtest.h>

namespace ingle {
namespace {

using Files = std::map<std::string, std::string>;

SentenceModules Read(const Files& files) {
  return ReadSentenceModules("folder",
                             [&](const std::string& file) -> Result<std::optional<std::string>> {
                               const auto found = files.find(file);
                               if (found == files.end()) return std::optional<std::string>();
                               return std::optional(found->second);
                             });
}

constexpr char kModules[] = R"([
  {"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"},
  {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
  {"idx": 2, "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}])";

TEST(SentenceModules, AFolderWithoutThemSaysNothing) {
  const SentenceModules none = Read({});
  EXPECT_FALSE(none.pooling || none.error);
  EXPECT_EQ(none.longest_text, 0u);
}

TEST(SentenceModules, ReadsWhatTheModelsMakersChose) {
  const SentenceModules old =
      Read({{"modules.json", kModules},
            {"1_Pooling/config.json",
             R"({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false})"},
            {"sentence_bert_config.json", R"({"max_seq_length": 256, "do_lower_case": false})"}});
  EXPECT_FALSE(old.error);
  EXPECT_EQ(old.pooling, Pooling::kCls);
  EXPECT_EQ(old.longest_text, 256u);
  const SentenceModules now = Read(
      {{"modules.json", kModules}, {"1_Pooling/config.json", R"({"pooling_mode": "lasttoken"})"}});
  EXPECT_EQ(now.pooling, Pooling::kLast);
}

TEST(SentenceModules, WhatIngleLacksIsNamed) {
  const auto error_of = [](const Files& files) {
    const SentenceModules modules = Read(files);
    return modules.error ? modules.error->message() : "";
  };
  EXPECT_EQ(error_of({{"modules.json", R"([{"type": "sentence_transformers.models.Dense"}])"}}),
            "folder: modules.json has the module 'Dense'; known are Transformer, Pooling and "
            "Normalize");
  EXPECT_NE(error_of({{"modules.json", kModules},
                      {"1_Pooling/config.json", R"({"pooling_mode_max_tokens": true})"}})
                .find("pooling_mode_max_tokens"),
            std::string::npos);
  EXPECT_NE(error_of({{"modules.json", kModules},
                      {"1_Pooling/config.json",
                       R"({"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": true})"}}),
            "");
}

TEST(SentenceModules, NonsenseIsAnErrorOfEmbeddings) {
  for (const char* text : {"", "{", "7", "[[[", "[7]", "[null]", R"([{"type": 7}])",
                           R"([{"type": "x.Pooling", "path": "../../etc"}])",
                           R"([{"type": "x.Pooling", "path": "/etc"}])"}) {
    EXPECT_TRUE(Read({{"modules.json", text}}).error) << text;
  }
  EXPECT_EQ(Read({{"sentence_bert_config.json", R"({"max_seq_length": -1})"}}).longest_text, 0u);
}

}  // namespace
}  // namespace ingle
