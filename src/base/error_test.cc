#include "base/error.h"

#include <memory>

#include <gtest/gtest.h>

namespace ingle {
namespace {

Result<std::unique_ptr<int>> Half(int value) {
  if (value % 2 != 0) return Fail(ErrorCode::kInvalidArgument, value, " is odd");
  return std::make_unique<int>(value / 2);
}

TEST(Result, CarriesValueOrError) {
  EXPECT_EQ(**Half(4), 2);
  const auto odd = Half(3);
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(odd.error().message(), "3 is odd");
}

TEST(Result, ErrorGainsContextOnTheWayUp) {
  const Status up = Fail(Half(5).error(), "block ", 7);
  EXPECT_EQ(up.error().message(), "block 7: 5 is odd");
}

TEST(Quote, KeepsReadableText) {
  EXPECT_EQ(Quote("blk.0.attn_q"), "'blk.0.attn_q'");
  EXPECT_EQ(Quote("naïve ✓"), "'naïve ✓'");
}

TEST(Quote, DefusesTerminalEscapesAndBadUtf8) {
  EXPECT_EQ(Quote("a\x1b[31m"), "'a\\x1b[31m'");
  EXPECT_EQ(Quote("\xff\xc3"), "'\\xff\\xc3'");
  EXPECT_EQ(Quote("\u202e"), "'\\xe2\\x80\\xae'");  // right-to-left override
}

TEST(Quote, CutsLongNames) { EXPECT_LT(Quote(std::string(1 << 20, 'x')).size(), 100u); }

}  // namespace
}  // namespace ingle
