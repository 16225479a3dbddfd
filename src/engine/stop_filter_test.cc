#include "engine/stop_filter.h"

#include <optional>
#include <random>

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace ingle {
namespace {

StopFilter Make(const std::vector<std::string>& stops) { return *StopFilter::Create(stops); }

// What text comes down to, by the definition: look at every end, and at each for the longest stop.
std::optional<std::string> NaiveCut(const std::string& text,
                                    const std::vector<std::string>& stops) {
  for (size_t end = 1; end <= text.size(); ++end) {
    size_t longest = 0;
    for (const std::string& stop : stops) {
      if (stop.size() <= end && text.compare(end - stop.size(), stop.size(), stop) == 0) {
        longest = std::max(longest, stop.size());
      }
    }
    if (longest > 0) return text.substr(0, end - longest);
  }
  return std::nullopt;
}

// How much of the end of text may become a stop.
size_t NaiveWithheld(const std::string& text, const std::vector<std::string>& stops) {
  size_t longest = 0;
  for (const std::string& stop : stops) {
    for (size_t i = 1; i <= std::min(stop.size(), text.size()); ++i) {
      if (text.compare(text.size() - i, i, stop, 0, i) == 0) longest = std::max(longest, i);
    }
  }
  return longest;
}

TEST(StopFilter, PassesEverythingWithoutStops) {
  StopFilter filter = Make({});
  EXPECT_EQ(filter.Push("some text"), "some text");
  EXPECT_EQ(filter.Push(""), "");
  EXPECT_EQ(filter.Finish(), "");
  EXPECT_FALSE(filter.stopped());
}

TEST(StopFilter, WithholdsNoMoreThanItMust) {
  StopFilter filter = Make({"\n\nUser:"});
  EXPECT_EQ(filter.Push("Hello\n"), "Hello");
  EXPECT_EQ(filter.Push(""), "");
  EXPECT_EQ(filter.Push("\n"), "");
  EXPECT_EQ(filter.Push("\n"), "\n");
  EXPECT_EQ(filter.Push("Us"), "");
  EXPECT_EQ(filter.Push("ual"), "\n\nUsual");
  EXPECT_EQ(filter.Push("\n\nUse"), "");
  EXPECT_EQ(filter.Finish(), "\n\nUse");
  EXPECT_FALSE(filter.stopped());
}

TEST(StopFilter, NothingPassesAfterTheStop) {
  StopFilter filter = Make({"END"});
  EXPECT_EQ(filter.Push("a E"), "a ");
  EXPECT_EQ(filter.Push("ND b"), "");
  EXPECT_TRUE(filter.stopped());
  EXPECT_EQ(filter.Push("c"), "");
  EXPECT_EQ(filter.Finish(), "");
  EXPECT_FALSE(filter.stopped()) << "it starts anew";
  EXPECT_EQ(filter.Push("c"), "c");
}

TEST(StopFilter, TheFirstCompleteWinsAndOfThoseTheLongest) {
  EXPECT_EQ(Make({"bcd", "c"}).Push("abcd"), "ab");
  EXPECT_EQ(Make({"c", "abc", "bc"}).Push("xabc"), "x");
}

TEST(StopFilter, PassesWholeCharacters) {
  StopFilter filter = Make({"é!", "✓✓"});
  EXPECT_EQ(filter.Push("caf"), "caf");
  EXPECT_EQ(filter.Push("é"), "");
  EXPECT_EQ(filter.Push("è"), "éè");  // shares its first byte with é
  EXPECT_EQ(filter.Push("✓"), "");
  EXPECT_EQ(filter.Push("é!"), "✓");
  EXPECT_TRUE(filter.stopped());
}

TEST(StopFilter, RefusesWhatCannotBeFound) {
  EXPECT_EQ(StopFilter::Create({"a", ""}).error().message(), "a stop string is empty");
  EXPECT_EQ(StopFilter::Create({"\xff"}).error().message(), "the stop string '\\xff' is not UTF-8");
}

// Small alphabets make borders and overlaps frequent. Every prefix of the input is held against
// the naive search, so nothing is withheld too long nor passed too early.
TEST(StopFilter, AgreesWithANaiveSearchHoweverTextIsCut) {
  const std::vector<std::string> alphabets[] = {{"a", "b"}, {"a", "b", "c"}, {"é", "è", "a"}};
  std::mt19937_64 random(1);
  for (int round = 0; round < 3000; ++round) {
    const auto& letters = alphabets[round % 3];
    const auto any = [&](size_t longest) {
      std::string text;
      for (size_t i = 1 + random() % longest; i > 0; --i)
        text += letters[random() % letters.size()];
      return text;
    };
    std::vector<std::string> stops(random() % 4);
    for (std::string& stop : stops) stop = any(7);
    StopFilter filter = Make(stops);
    std::string input, output;
    for (int piece = 0; piece < 20; ++piece) {
      const std::string next = random() % 5 == 0 ? "" : any(4);
      input += next;
      const std::string passed = filter.Push(next);
      ASSERT_TRUE(IsValidUtf8(passed));
      output += passed;
      const std::optional<std::string> cut = NaiveCut(input, stops);
      ASSERT_EQ(filter.stopped(), cut.has_value()) << input;
      if (cut) {
        ASSERT_EQ(output, *cut) << input;
        break;
      }
      ASSERT_EQ(output, input.substr(0, input.size() - NaiveWithheld(input, stops))) << input;
    }
    if (!filter.stopped()) {
      ASSERT_EQ(output + filter.Finish(), input);
    }
  }
}

}  // namespace
}  // namespace ingle
