#include "base/spin_time.h"

#include <gtest/gtest.h>

namespace ingle {
namespace {

using std::chrono::microseconds;

TEST(SpinTime, IsLongAtFirst) { EXPECT_EQ(SpinTime().now(), kLongestSpin); }

TEST(SpinTime, IsSoonShortWhereItIsInVain) {
  SpinTime spin;
  for (int i = 0; i < 8; ++i) spin.WasInVain();
  EXPECT_EQ(spin.now(), microseconds(1));
}

TEST(SpinTime, IsLongAgainWhereItIsWorthIt) {
  SpinTime spin;
  for (int i = 0; i < 8; ++i) spin.WasInVain();
  for (int i = 0; i < 9; ++i) spin.WasWorthIt();
  EXPECT_EQ(spin.now(), microseconds(37));
  for (int i = 0; i < 100; ++i) spin.WasWorthIt();
  EXPECT_EQ(spin.now(), kLongestSpin);
}

// Now and then a worker is late on a machine of its own, too.
TEST(SpinTime, StaysLongWhereItIsSeldomInVain) {
  SpinTime spin;
  for (int i = 0; i < 1000; ++i) {
    if (i % 50 == 0) spin.WasInVain();
    spin.WasWorthIt();
  }
  EXPECT_GT(spin.now(), microseconds(150));
}

}  // namespace
}  // namespace ingle
