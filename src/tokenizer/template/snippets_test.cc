// A thousand small templates against what Jinja2 makes of them.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "tokenizer/template/chat_template.h"

namespace ingle {
namespace {

Value ReadGoldens() {
  std::ifstream in(INGLE_SOURCE_DIR "/tests/goldens/templates/snippets.json", std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  const Result<Value> goldens = ParseJson(text.str());
  EXPECT_TRUE(goldens) << goldens.error().message();
  return goldens ? *goldens : Value();
}

Result<std::string> Render(const std::string& source, const TemplateInput& input) {
  const Result<ChatTemplate> parsed = ChatTemplate::Parse(source);
  if (!parsed) return Fail(parsed.error());
  return parsed->Render(input);
}

TEST(Snippets, RenderAsJinja2) {
  const Value goldens = ReadGoldens();
  ASSERT_TRUE(goldens.IsDict());
  TemplateInput input;
  Dict variables = goldens.Find("context")->dict();
  variables.Set("bos_token", "<s>");
  variables.Set("eos_token", "</s>");
  input.variables = Value(std::move(variables));
  input.now = std::tm{};
  input.now->tm_year = 126;  // 2026-01-02 03:04:05
  input.now->tm_mday = 2;
  input.now->tm_hour = 3;
  input.now->tm_min = 4;
  input.now->tm_sec = 5;

  const ValueList& rows = goldens.Find("rows")->items();
  ASSERT_GT(rows.size(), 900u);
  for (const Value& row : rows) {
    const std::string& source = row.Find("in")->text();
    const Result<std::string> out = Render(source, input);
    if (const Value* expected = row.Find("out")) {
      EXPECT_TRUE(out) << source << "\n" << (out ? "" : out.error().message());
      EXPECT_EQ(out.value_or(""), expected->text()) << source;
    } else {
      EXPECT_FALSE(out) << source << "\nraises " << row.Find("error")->text()
                        << ", not: " << (out ? *out : "");
    }
  }
}

}  // namespace
}  // namespace ingle
