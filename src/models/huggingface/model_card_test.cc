#include "models/huggingface/model_card.h"

#include <gtest/gtest.h>

namespace ingle {
namespace {

TEST(ModelCard, ReadsTheFrontMatter) {
  const ModelCard card = ReadModelCard(
      "---\nlanguage:\n- en\nlicense: other  # see below\nlicense_name: \"gemma terms\"\r\n"
      "license_link: 'https://example.org/#top'\ntags:\n- license: x\n---\nlicense: mit\n");
  EXPECT_EQ(card.license, "other");
  EXPECT_EQ(card.license_name, "gemma terms");
  EXPECT_EQ(card.license_link, "https://example.org/#top");
}

TEST(ModelCard, OfAListTheFirstCounts) {
  EXPECT_EQ(ReadModelCard("---\nlicense:\n  - apache-2.0\n  - mit\n---\n").license, "apache-2.0");
}

TEST(ModelCard, SaysNothingWithoutFrontMatter) {
  for (const char* text : {"", "---", "license: mit", "# Title\n---\nlicense: mit\n---\n",
                           "---\n---\nlicense: mit\n", "---\nlicense: \"open\n---\n",
                           "---\nlicense: a\x1b[2Jb\n---\n", "---\n  license: mit\n---\n"}) {
    EXPECT_EQ(ReadModelCard(text).license, "") << text;
  }
}

}  // namespace
}  // namespace ingle
