#include "engine/kv_cache.h"

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>

namespace ingle {
namespace {

CacheLayout PagesOf(uint64_t bytes) {
  CacheLayout layout;
  layout.page_bytes = bytes;
  return layout;
}

// Writes to all of every page, and finds there what it wrote.
void ExpectApart(const std::vector<std::byte*>& pages, uint64_t bytes) {
  for (size_t i = 0; i < pages.size(); ++i) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(pages[i]) % 64, 0u);
    std::memset(pages[i], static_cast<int>(i), bytes);
  }
  for (size_t i = 0; i < pages.size(); ++i) {
    const auto mine = static_cast<std::byte>(i);
    EXPECT_TRUE(std::all_of(pages[i], pages[i] + bytes, [&](std::byte b) { return b == mine; }));
  }
}

// Small ones, some that are less than a large page of the system, one that is several.
TEST(KvCache, PagesAreApartWhateverTheirSize) {
  for (const uint64_t bytes : {uint64_t{64}, uint64_t{704} << 10, uint64_t{5} << 20}) {
    KvCache cache(PagesOf(bytes), 0);
    std::vector<std::byte*> pages;
    ASSERT_TRUE(cache.Grow(pages, 45));
    EXPECT_EQ(cache.allocated_bytes(), 45 * bytes);
    ExpectApart(pages, bytes);
  }
}

TEST(KvCache, PagesThatComeBackAreTakenFirst) {
  KvCache cache(PagesOf(1 << 20), 0);
  std::vector<std::byte*> pages;
  ASSERT_TRUE(cache.Grow(pages, 9));
  std::byte* const last = pages.back();
  cache.Shrink(pages, 8);
  std::vector<std::byte*> others;
  ASSERT_TRUE(cache.Grow(others, 1));
  EXPECT_EQ(others.front(), last);
  EXPECT_EQ(cache.allocated_bytes(), uint64_t{9} << 20);
}

TEST(KvCache, ALimitHoldsToThePage) {
  constexpr uint64_t kBytes = 704 << 10;
  KvCache cache(PagesOf(kBytes), 11 * kBytes + 100);
  std::vector<std::byte*> pages, others;
  ASSERT_TRUE(cache.Grow(pages, 10));
  const Status refused = cache.Grow(others, 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kOutOfMemory);
  EXPECT_TRUE(others.empty());
  ASSERT_TRUE(cache.Grow(pages, 11));
  ExpectApart(pages, kBytes);
}

}  // namespace
}  // namespace ingle
