#include "tokenizer/prefix_trie.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace ingle {
namespace {

using Found = std::vector<std::pair<size_t, TokenId>>;

Found PrefixesOf(const PrefixTrie& trie, std::string_view text) {
  Found found;
  trie.ForEachPrefix(text, [&](size_t length, TokenId id) { found.emplace_back(length, id); });
  return found;
}

TEST(PrefixTrieTest, FindsThePrefixesFromTheShortestOn) {
  const auto trie = PrefixTrie::Create({{"a", 1}, {"abc", 2}, {"b", 3}, {"", 4}, {"ab\xFF", 5}});
  ASSERT_TRUE(trie);
  EXPECT_EQ(PrefixesOf(*trie, "abcd"), (Found{{1, 1}, {3, 2}}));
  EXPECT_EQ(PrefixesOf(*trie, "ab\xFF"), (Found{{1, 1}, {3, 5}}));
  EXPECT_EQ(PrefixesOf(*trie, "cab"), Found());
  EXPECT_EQ(PrefixesOf(*trie, ""), Found());
}

TEST(PrefixTrieTest, TakesTheLastOfEqualKeysAndNone) {
  EXPECT_EQ(PrefixesOf(*PrefixTrie::Create({{"a", 1}, {"a", 2}}), "a"), (Found{{1, 2}}));
  const auto empty = PrefixTrie::Create({});
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(PrefixesOf(*empty, std::string(3, static_cast<char>(byte))), Found());
  }
}

TEST(PrefixTrieTest, RefusesAKeyThatIsTooLong) {
  EXPECT_TRUE(PrefixTrie::Create({{std::string(PrefixTrie::kLongest, 'a'), 0}}));
  const std::string key(PrefixTrie::kLongest + 1, 'a');
  const auto trie = PrefixTrie::Create({{"b", 0}, {key, 7}});
  ASSERT_FALSE(trie);
  EXPECT_NE(trie.error().message().find("tokenizer.ggml.tokens[7]"), std::string::npos);
}

TEST(PrefixTrieTest, AgreesWithASearchThroughAllKeys) {
  std::mt19937 random(1);
  const auto random_text = [&](size_t longest, uint32_t letters) {
    std::string text(random() % (longest + 1), ' ');
    for (char& c : text) c = static_cast<char>(random() % letters);
    return text;
  };
  for (const uint32_t letters : {2u, 7u, 256u}) {
    std::vector<std::string> texts;
    for (int i = 0; i < 3000; ++i) texts.push_back(random_text(6, letters));
    std::sort(texts.begin(), texts.end());
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
    PrefixTrie::Keys keys;
    for (size_t i = 0; i < texts.size(); ++i) keys.emplace_back(texts[i], i);
    const auto trie = PrefixTrie::Create(keys);
    ASSERT_TRUE(trie);
    for (int i = 0; i < 300; ++i) {
      const std::string text = random_text(8, letters);
      Found expected;
      for (size_t length = 1; length <= text.size(); ++length) {
        const auto at = std::lower_bound(texts.begin(), texts.end(), text.substr(0, length));
        if (at != texts.end() && *at == text.substr(0, length)) {
          expected.emplace_back(length, at - texts.begin());
        }
      }
      ASSERT_EQ(PrefixesOf(*trie, text), expected);
    }
  }
}

}  // namespace
}  // namespace ingle
