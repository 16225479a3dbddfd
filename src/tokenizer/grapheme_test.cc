#include "tokenizer/grapheme.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ingle {
namespace {

using Clusters = std::vector<std::string>;

Clusters Split(std::string_view text) {
  Clusters clusters;
  while (!text.empty()) {
    const size_t length = GraphemeLength(text);
    clusters.emplace_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return clusters;
}

// An example for each rule of the annex.
TEST(GraphemeTest, FollowsTheRules) {
  const Clusters texts[] = {
      {"a", "b"},
      {"\r\n", "\n", "\r", "a"},                                      // GB3 to GB5
      {"a", "\u200B", "\u0301"},                                      // GB4
      {"\u1100\u1161\u11A8", "\u1100", "a", "가\u11A8", "각\u11A8"},  // GB6 to GB8
      {"\u11A8", "\u1161"},
      {"e\u0301\u200D", "a"},                                                        // GB9
      {"\u0915\u0903", "b"},                                                         // GB9a
      {"\u0600a", "\u0600\u0600"},                                                   // GB9b
      {"\u0915\u094D\u0937", "\u0915\u094D\u0301\u200D\u0937", "\u0915", "\u0937"},  // GB9c
      {"👩🏽\u200D💻", "👩", "👩"},                                                  // GB11
      {"a\u200D", "👩\u0301\u200D👩"},
      {"🇨🇭", "🇨🇭", "🇨"},  // GB12, GB13
  };
  for (const Clusters& clusters : texts) {
    std::string text;
    for (const std::string& cluster : clusters) text += cluster;
    EXPECT_EQ(Split(text), clusters);
  }
}

TEST(GraphemeTest, TakesWhatIsNotUtf8ForACharacter) {
  EXPECT_EQ(Split("a\xFF\u0301\xC3"), (Clusters{"a", "\xFF\u0301", "\xC3"}));
  EXPECT_EQ(Split("\r\xFF\xE2\x82\n"), (Clusters{"\r", "\xFF", "\xE2\x82", "\n"}));
}

}  // namespace
}  // namespace ingle
