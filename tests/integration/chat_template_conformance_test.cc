// Chat templates of real models against what Jinja2 makes of them, errors included.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tokenizer/template/chat_template.h"

namespace ingle {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// The names of the templates there are; one empty name where there are none, for a test that skips.
std::vector<std::string> TemplateNames() {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(INGLE_SHARED_DATA "/chat_templates", error)) {
    if (entry.path().extension() == ".jinja") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  if (names.empty()) names.push_back("");
  return names;
}

// The conversation, with what the goldens were rendered with.
TemplateInput InputOf(const Value& conversation) {
  Dict variables;
  variables.Set("bos_token", "<s>");
  variables.Set("eos_token", "</s>");
  for (const Dict::Entry& entry : conversation.dict().entries()) {
    variables.Set(entry.key, entry.value);
  }
  TemplateInput input;
  input.variables = Value(std::move(variables));
  input.now = std::tm{};
  input.now->tm_year = 126;  // 2026-01-02 03:04:05
  input.now->tm_mday = 2;
  input.now->tm_hour = 3;
  input.now->tm_min = 4;
  input.now->tm_sec = 5;
  return input;
}

class ChatTemplateConformance : public testing::TestWithParam<std::string> {};

TEST_P(ChatTemplateConformance, RendersAsJinja2) {
  if (GetParam().empty()) GTEST_SKIP() << "no templates at " INGLE_SHARED_DATA;
  const fs::path base = fs::path(INGLE_SHARED_DATA) / "chat_templates" / GetParam();
  const Result<ChatTemplate> parsed = ChatTemplate::Parse(ReadFile(base.string() + ".jinja"));
  ASSERT_TRUE(parsed) << parsed.error().message();
  const Result<Value> rows = ParseJson(ReadFile(base.string() + ".json"));
  ASSERT_TRUE(rows) << rows.error().message();
  ASSERT_FALSE(rows->items().empty());

  for (const Value& row : rows->items()) {
    SCOPED_TRACE(row.Find("case")->text());
    const Result<std::string> rendered = parsed->Render(InputOf(*row.Find("input")));
    if (const Value* expected = row.Find("expected")) {
      ASSERT_TRUE(rendered) << rendered.error().message();
      EXPECT_EQ(*rendered, expected->text());
    } else {
      EXPECT_FALSE(rendered) << "Jinja2 raises " << row.Find("error")->text();
    }
  }
}

std::string TestName(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param.empty() ? "absent" : info.param;
  for (char& c : name) {
    if (!isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Templates, ChatTemplateConformance, testing::ValuesIn(TemplateNames()),
                         TestName);

}  // namespace
}  // namespace ingle
