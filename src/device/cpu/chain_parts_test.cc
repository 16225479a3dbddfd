#include "device/cpu/chain_parts.h"

#include <gtest/gtest.h>

namespace ingle {
namespace {

constexpr uint64_t kManyBytes = uint64_t{1} << 40;

TEST(ChainParts, AreTheWholeAndBecomeSmaller) {
  for (int workers = 2; workers <= 64; ++workers) {
    const ChainParts parts(kManyBytes, workers);
    ASSERT_FALSE(parts.one_each());
    int done = 0, smallest = parts.At(0).units;
    for (int i = 0; i < parts.count(); ++i) {
      const WorkPart part = parts.At(i);
      const int size = part.end - part.begin;
      EXPECT_EQ(part.begin, done);
      EXPECT_GT(size, 0);
      EXPECT_LE(size, smallest);
      done = part.end;
      smallest = size;
    }
    EXPECT_EQ(done, parts.At(0).units);
    EXPECT_EQ(smallest, 1);
    EXPECT_EQ(parts.At(0).end * 2 * workers, done);  // the first round is a half
  }
}

TEST(ChainParts, OfLittleAreOneEach) {
  constexpr uint64_t kLeast = uint64_t{16} * 16 << 10;  // of a worker
  for (const uint64_t workers : {2u, 3u, 64u}) {
    EXPECT_TRUE(ChainParts(workers * kLeast - 1, static_cast<int>(workers)).one_each());
    EXPECT_FALSE(ChainParts(workers * kLeast, static_cast<int>(workers)).one_each());
  }
  EXPECT_TRUE(ChainParts(kManyBytes, 1).one_each());
}

}  // namespace
}  // namespace ingle
