// Dialects of the templates of real models, and that calls are read as these templates write them.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "tokenizer/answer/answer_parser.h"
#include "tokenizer/answer/answer_testing.h"
#include "tokenizer/answer/thinking_formats.h"
#include "tokenizer/answer/tool_formats.h"

namespace ingle {
namespace {

struct Expected {
  const char* file;
  const char* thinking;
  const char* tools;
  bool renders_call;  // the shared data has a conversation with a call that the template writes
};

constexpr Expected kExpected[] = {
    {"Apertus-8B-Instruct", "apertus", "apertus", true},
    {"Bielik-11B-v3.0-Instruct", "think", "hermes", true},
    {"Cohere2MoE", "command-r", "command-r", true},
    {"CohereForAI-c4ai-command-r7b-12-2024-tool_use", "command-r", "command-r", true},
    {"GLM-4.7-Flash", "think", "glm", true},
    {"GigaChat3.1-10B-A1.8B", "none", "gigachat", true},
    {"Kimi-K2-Instruct", "none", "kimi-k2", false},
    {"Kimi-K3", "kimi-k3", "kimi-k3", true},
    {"LFM2.5-8B-A1B", "think", "lfm2", true},
    {"MiMo-VL", "none", "hermes", true},
    {"MiniMax-M2", "think", "minimax", true},
    {"Mistral-Small-3.2-24B-Instruct-2506", "none", "mistral-args", true},
    {"NVIDIA-Nemotron-Nano-v2", "think", "nemotron", true},
    {"NousResearch-Hermes-3-Llama-3.1-8B-tool_use", "none", "hermes", true},
    {"Qwen-Qwen2.5-7B-Instruct", "none", "hermes", true},
    {"Qwen3-Coder", "none", "qwen-coder", true},
    {"Reka-Edge", "think", "hermes", true},
    {"deepseek-ai-DeepSeek-R1-Distill-Llama-8B", "think", "deepseek", false},
    {"deepseek-ai-DeepSeek-V3.1", "think", "deepseek", true},
    {"deepseek-ai-DeepSeek-V4-Flash-0731", "think", "dsml", true},
    {"fireworks-ai-llama-3-firefunction-v2", "none", "firefunction", false},
    {"google-gemma-4-31B-it-interleaved", "gemma-4", "gemma-4", true},
    {"ibm-granite-granite-3.3-2B-Instruct", "granite", "granite-3", false},
    {"ibm-granite-granite-4.1", "none", "hermes", true},
    {"llama-cpp-rwkv-world", "think", "none", false},
    {"meetkai-functionary-medium-v3.2", "none", "functionary", false},
    {"meta-llama-Llama-3.2-3B-Instruct", "none", "llama-3", true},
    {"microsoft-Phi-3.5-mini-instruct", "none", "none", false},
    {"mistralai-Mistral-Nemo-Instruct-2407", "none", "mistral", true},
    {"muse-glimmer", "atem", "atem", true},
    {"openbmb-MiniCPM5-1B", "think", "minicpm", true},
    {"poolside-Laguna-XS-2.1", "think", "glm", true},
    {"tencent-Hy3", "hunyuan-3", "hunyuan-3", true},
    {"unsloth-mistral-Devstral-Small-2507", "none", "mistral-args", true},
};

const std::filesystem::path kFolder = std::filesystem::path(INGLE_SHARED_DATA) / "chat_templates";

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Dialect, OfSharedTemplates) {
  if (!std::filesystem::exists(kFolder)) GTEST_SKIP() << "no " << kFolder;
  for (const Expected& expected : kExpected) {
    const std::string source = ReadText(kFolder / (std::string(expected.file) + ".jinja"));
    ASSERT_FALSE(source.empty()) << expected.file;
    const AnswerDialect dialect = DetectDialect(source);
    EXPECT_EQ(dialect.thinking_name(), expected.thinking) << expected.file;
    EXPECT_EQ(dialect.tools_name(), expected.tools) << expected.file;
  }
}

// What the template made of an answer that calls get_weather, from the call on.
struct Rendered {
  Value tools;
  std::string text;
};

std::optional<Rendered> RenderedCall(const Expected& expected, std::string_view open) {
  const Result<Value> rows = ParseJson(ReadText(kFolder / (std::string(expected.file) + ".json")));
  if (!rows) return std::nullopt;
  for (const Value& row : rows->items()) {
    if (row.Find("case")->text() != "tool call and result") continue;
    const Value* text = row.Find("expected");
    if (text == nullptr) return std::nullopt;
    const size_t question = text->text().rfind("Weather in Z");
    const size_t call = text->text().find(open, question);
    if (call == std::string::npos) return std::nullopt;
    return Rendered{*row.Find("input")->Find("tools"), text->text().substr(call)};
  }
  return std::nullopt;
}

TEST(Dialect, ReadsCallsAsTemplatesWriteThem) {
  if (!std::filesystem::exists(kFolder)) GTEST_SKIP() << "no " << kFolder;
  for (const Expected& expected : kExpected) {
    if (!expected.renders_call) continue;
    const AnswerDialect dialect =
        DetectDialect(ReadText(kFolder / (std::string(expected.file) + ".jinja")));
    ASSERT_NE(dialect.tools, nullptr) << expected.file;
    const auto rendered = RenderedCall(expected, dialect.tools->syntaxes[0].open);
    ASSERT_TRUE(rendered) << expected.file;
    for (const Value& tools : {Value(true), rendered->tools}) {
      const Answer answer = Parsed({.dialect = dialect, .tools = tools}, rendered->text);
      ASSERT_EQ(answer.tool_calls.size(), 1u) << expected.file << ": " << rendered->text;
      EXPECT_EQ(answer.tool_calls[0].name, "get_weather") << expected.file;
      EXPECT_EQ(answer.tool_calls[0].arguments, R"({"city": "Zürich", "unit": "c"})")
          << expected.file;
    }
  }
}

// Where a generation prompt leaves the thought open, the answer begins inside it.
TEST(Dialect, PromptsOpenThoughts) {
  if (!std::filesystem::exists(kFolder)) GTEST_SKIP() << "no " << kFolder;
  for (const char* file : {"GLM-4.7-Flash", "Kimi-K3", "MiniMax-M2", "Cohere2MoE",
                           "deepseek-ai-DeepSeek-R1-Distill-Llama-8B", "NVIDIA-Nemotron-Nano-v2"}) {
    const std::string name = file;
    const AnswerDialect dialect = DetectDialect(ReadText(kFolder / (name + ".jinja")));
    ASSERT_NE(dialect.thinking, nullptr) << file;
    const Result<Value> rows = ParseJson(ReadText(kFolder / (name + ".json")));
    ASSERT_TRUE(rows) << file;
    const Value& first = rows->items().front();  // one user turn, thinking as by default
    const Answer answer = Parsed({.dialect = dialect, .prompt = first.Find("expected")->text()},
                                 "hm" + std::string(dialect.thinking->close) + "Yes.");
    EXPECT_EQ(Shown(answer), "hm | Yes. |") << file;
  }
}

TEST(Dialect, OfOtherTemplates) {
  EXPECT_EQ(DetectDialect("").thinking_name(), "none");
  EXPECT_EQ(DetectDialect("").tools_name(), "none");
  EXPECT_EQ(DetectDialect("[THINK]").thinking_name(), "mistral");
  EXPECT_EQ(DetectDialect("<seed:think> <seed:tool_call>").thinking_name(), "seed");
  EXPECT_EQ(DetectDialect("<thought>").thinking_name(), "thought");
  EXPECT_EQ(DetectDialect("<|channel|>analysis").tools_name(), "harmony");
}

}  // namespace
}  // namespace ingle
