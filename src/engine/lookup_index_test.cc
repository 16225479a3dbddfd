#include "engine/lookup_index.h"

#include <random>

#include <gtest/gtest.h>

namespace ingle {
namespace {

LookupIndex IndexOf(std::span<const TokenId> text) {
  LookupIndex index;
  for (const TokenId token : text) index.Push(token);
  return index;
}

TEST(LookupIndex, FindsWhereTheEndStoodBefore) {
  const LookupIndex index = IndexOf(std::vector<TokenId>{1, 2, 3, 4, 9, 2, 3});
  EXPECT_EQ(index.match().length, 2u);
  EXPECT_EQ(index.match().next, 3u);
  EXPECT_EQ(index.Following(0), 4);
  EXPECT_EQ(index.Following(1), 9);
}

TEST(LookupIndex, PrefersALongMatchToALateOne) {
  //                                               here        not here
  const LookupIndex index = IndexOf(std::vector<TokenId>{1, 2, 3, 4, 9, 3, 5, 1, 2, 3});
  EXPECT_EQ(index.match().length, 3u);
  EXPECT_EQ(index.Following(0), 4);
}

TEST(LookupIndex, PrefersTheLatestOfEqualMatches) {
  EXPECT_EQ(IndexOf(std::vector<TokenId>{1, 2, 3, 1, 2, 4, 1, 2}).Following(0), 4);
}

TEST(LookupIndex, NothingIsFoundInWhatIsNew) {
  EXPECT_EQ(IndexOf({}).match().length, 0u);
  EXPECT_EQ(IndexOf(std::vector<TokenId>{1, 2, 3, 4}).match().length, 0u);
  LookupIndex index = IndexOf(std::vector<TokenId>{1, 2, 1});
  EXPECT_EQ(index.match().length, 1u);
  index.Clear();
  index.Push(1);
  EXPECT_EQ(index.match().length, 0u);
}

TEST(LookupIndex, WhatRepeatsItselfGoesOn) {
  const LookupIndex index = IndexOf(std::vector<TokenId>{9, 1, 2, 3, 1, 2, 3, 1});
  for (size_t i = 0; i < 12; ++i) EXPECT_EQ(index.Following(i), (std::vector{2, 3, 1})[i % 3]) << i;
}

// Against a search through all of the text.
TEST(LookupIndex, MatchesAreTrueAndRarelyMissed) {
  std::mt19937_64 random(1);
  LookupIndex index;
  std::vector<TokenId> text;
  size_t present = 0, found = 0;
  for (size_t i = 0; i < 3000; ++i) {
    text.push_back(static_cast<TokenId>(random() % 40));
    index.Push(text.back());
    const LookupIndex::Match match = index.match();
    for (size_t back = 1; back <= match.length; ++back) {
      ASSERT_EQ(text[match.next - back], text[text.size() - back]) << "at " << i;
    }
    ASSERT_TRUE(match.length == 0 || match.next < text.size());
    const bool pair_is_there = [&] {
      for (size_t end = 2; end < text.size(); ++end) {
        if (text[end - 1] == text.back() && text[end - 2] == text[text.size() - 2]) return true;
      }
      return false;
    }();
    present += pair_is_there;
    found += pair_is_there && match.length >= 2;
  }
  EXPECT_GT(present, 500u);
  EXPECT_GT(static_cast<double>(found), 0.8 * static_cast<double>(present));
}

}  // namespace
}  // namespace ingle
