#include "tokenizer/template/value.h"

#include <gtest/gtest.h>

#include <string>

namespace ingle {
namespace {

std::string RoundTrip(std::string_view json) {
  const Result<Value> value = ParseJson(json);
  if (!value) return "error: " + value.error().message();
  return ToJson(*value).value_or("no JSON");
}

TEST(ParseJson, KeepsWhatJsonSays) {
  struct Row {
    const char* in;
    const char* out;
  };
  const Row rows[] = {
      {" null ", "null"},
      {"[true,false]", "[true, false]"},
      {"-0", "0"},
      {"-12", "-12"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"18446744073709551616", "18446744073709551616"},
      {"-0.0", "-0.0"},
      {"1.50", "1.5"},
      {"1E3", "1000.0"},
      {"0.1e-6", "1e-07"},
      {"1e999", "Infinity"},
      {"{\"b\": 1, \"a\": {}, \"c\": []}", "{\"b\": 1, \"a\": {}, \"c\": []}"},
      {"{\"a\": 1, \"b\": 2, \"a\": 3}", "{\"a\": 3, \"b\": 2}"},
      {"\"\\u00e9\\n\\\"\\\\\\/\\ud83d\\ude00\"", "\"é\\n\\\"\\\\/😀\""},
      {"\"\\ud800x\\udc00\"", "\"�x�\""},
      {"\"\x7f\"", "\"\x7f\""},
      {"\"\\u0001\"", "\"\\u0001\""},
  };
  for (const Row& row : rows) EXPECT_EQ(RoundTrip(row.in), row.out) << row.in;
}

TEST(ParseJson, RefusesWhatIsNoJson) {
  for (const char* text : {"",
                           " ",
                           "nul",
                           "tru e",
                           "01",
                           "-",
                           "+1",
                           ".5",
                           "1.",
                           "1e",
                           "1e+",
                           "0x1",
                           "NaN",
                           "Infinity",
                           "'a'",
                           "\"a",
                           "\"\\x41\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"\n\"",
                           "\"\xff\"",
                           "\"\xc0\x80\"",
                           "[1",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "{",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{1:2}",
                           "1 2",
                           "[]]",
                           "\xef\xbb\xbf[]"}) {
    const Result<Value> value = ParseJson(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().code(), ErrorCode::kCorrupt) << text;
  }
  EXPECT_EQ(ParseJson("{\"a\":\n  tru}").error().message(), "JSON line 2 column 3: no value here");
}

TEST(ParseJson, RefusesDepthBeyondReason) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(ParseJson(nested(200)));
  EXPECT_EQ(ParseJson(nested(1'000'000)).error().code(), ErrorCode::kTooLarge);
  EXPECT_EQ(ParseJson(std::string(1'000'000, '[')).error().code(), ErrorCode::kTooLarge);
}

TEST(Dict, KeepsOrderAndFindsWithAnIndexToo) {
  Dict dict;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(dict.Set(Value("k" + std::to_string(i)), i));
  EXPECT_TRUE(dict.Set("k7", "seven"));
  ASSERT_EQ(dict.size(), 100u);
  EXPECT_EQ(dict.entries()[7].value.text(), "seven");
  EXPECT_EQ(dict.Find(std::string_view("k99"))->int_value(), 99);
  EXPECT_EQ(dict.Find(std::string_view("k100")), nullptr);
}

TEST(Dict, EqualNumbersAreOneKey) {
  for (int fillers : {0, 50}) {  // without and with an index
    Dict dict;
    for (int i = 0; i < fillers; ++i) dict.Set("x" + std::to_string(i), i);
    dict.Set(1, "int");
    dict.Set(1.0, "float");
    dict.Set(true, "bool");
    EXPECT_EQ(dict.size(), static_cast<size_t>(fillers) + 1);
    EXPECT_EQ(dict.Find(Value(1))->text(), "bool");
    EXPECT_EQ(dict.Find(Value("1")), nullptr);
    EXPECT_EQ(dict.Find(Value()), nullptr);
  }
}

TEST(Dict, ListsAreNoKeys) {
  Dict dict;
  EXPECT_FALSE(dict.Set(ValueList{1}, 1));
  EXPECT_FALSE(dict.Set(Dict(), 1));
  EXPECT_EQ(dict.size(), 0u);
}

TEST(Value, KnowsItsDepth) {
  EXPECT_EQ(Value(1).depth(), 0);
  EXPECT_EQ(Value(ValueList{}).depth(), 1);
  EXPECT_EQ(Value::Map({{"a", ValueList{Value::Map({{"b", 1}})}}}).depth(), 3);
}

TEST(Value, FindsOnlyInDicts) {
  EXPECT_EQ(Value::Map({{"a", 1}}).Find("a")->int_value(), 1);
  EXPECT_EQ(Value(ValueList{"a"}).Find("a"), nullptr);
  EXPECT_EQ(Value().Find("a"), nullptr);
}

}  // namespace
}  // namespace ingle
