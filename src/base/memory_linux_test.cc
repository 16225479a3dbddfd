#include "base/memory.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace ingle {
namespace {

namespace fs = std::filesystem;

// A system of a few files.
class Memory : public testing::Test {
 protected:
  Memory() : root_(fs::temp_directory_path() / ("ingle-memory-" + std::to_string(getpid()))) {
    Write("proc/meminfo", "MemTotal:  9000 kB\nMemAvailable:    4000 kB\nBuffers: 1 kB\n");
  }
  ~Memory() override { fs::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  void WriteGroup(const std::string& path, const std::string& limit, const std::string& used,
                  const std::string& stat) {
    Write("sys/fs/cgroup" + path + "/memory.max", limit + "\n");
    Write("sys/fs/cgroup" + path + "/memory.current", used + "\n");
    Write("sys/fs/cgroup" + path + "/memory.stat", stat);
  }
  // Of version 1.
  void WriteOldGroup(const std::string& path, const std::string& limit, const std::string& used,
                     const std::string& stat) {
    Write("sys/fs/cgroup/memory" + path + "/memory.limit_in_bytes", limit + "\n");
    Write("sys/fs/cgroup/memory" + path + "/memory.usage_in_bytes", used + "\n");
    Write("sys/fs/cgroup/memory" + path + "/memory.stat", stat);
  }
  std::optional<uint64_t> Available() const { return AvailableMemory(root_.string()); }

  fs::path root_;
};

TEST_F(Memory, IsWhatTheSystemSays) { EXPECT_EQ(Available(), 4000u * 1024); }

TEST_F(Memory, IsUnknownWhereNothingIsSaid) {
  fs::remove(root_ / "proc/meminfo");
  EXPECT_EQ(Available(), std::nullopt);
}

TEST_F(Memory, OfAGroupIsItsLimitLessWhatItHolds) {
  Write("proc/self/cgroup", "4:memory:/elsewhere\n0::/a/b\n");
  WriteGroup("/a/b", "1000000", "600000", "anon 1\nactive_file 100000\ninactive_file 200000\n");
  EXPECT_EQ(Available(), 700000u);
}

TEST_F(Memory, OfAGroupIsLimitedByThoseItIsIn) {
  Write("proc/self/cgroup", "0::/a/b\n");
  WriteGroup("/a/b", "max", "600000", "");
  WriteGroup("/a", "900000", "650000", "");
  EXPECT_EQ(Available(), 250000u);
  WriteGroup("", "700000", "700001", "");
  EXPECT_EQ(Available(), 0u);
}

TEST_F(Memory, OfAContainerIsThatOfItsRoot) {
  Write("proc/self/cgroup", "0::/\n");
  WriteGroup("", "300000", "100000", "inactive_file 999999\n");
  EXPECT_EQ(Available(), 300000u);
}

// There, what groups inside this one cache is counted apart.
TEST_F(Memory, OfAGroupOfVersion1IsItsLimitLessWhatItHolds) {
  Write("proc/self/cgroup", "4:memory:/a/b\n0::/elsewhere\n");
  WriteOldGroup("/a/b", "1000000", "600000",
                "active_file 1\ntotal_active_file 100000\ntotal_inactive_file 200000\n");
  EXPECT_EQ(Available(), 700000u);
  WriteOldGroup("/a", "900000", "650000", "");
  EXPECT_EQ(Available(), 250000u);
}

TEST_F(Memory, OfAGroupOfVersion1MayHaveNoLimit) {
  fs::remove(root_ / "proc/meminfo");
  Write("proc/self/cgroup", "4:memory:/a\n");
  WriteOldGroup("/a", "9223372036854771712", "600000", "");
  EXPECT_EQ(Available(), std::nullopt);
}

TEST_F(Memory, OfAContainerOfVersion1IsThatOfItsRoot) {
  Write("proc/self/cgroup", "4:memory:/docker/0123\n");
  WriteOldGroup("", "300000", "100000", "");
  EXPECT_EQ(Available(), 200000u);
}

TEST_F(Memory, IsLimitedByAddresses) {
  struct rlimit before {};
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  const uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  Write("proc/self/statm", std::to_string((uint64_t{1} << 46) / page) + " 5 4 1 0 3 0");
  struct rlimit limited = before;
  limited.rlim_cur = (rlim_t{1} << 46) + 12345;  // more than any test has
  struct rlimit now {};
  const bool set = setrlimit(RLIMIT_AS, &limited) == 0 && getrlimit(RLIMIT_AS, &now) == 0;
  const auto available = Available();
  setrlimit(RLIMIT_AS, &before);
  if (!set || now.rlim_cur != limited.rlim_cur) GTEST_SKIP() << "the limit cannot be set";
  EXPECT_EQ(available, 12345u);
}

TEST(ResidentMemory, GrowsWithWhatIsWritten) {
  const uint64_t before = ResidentMemory();
  if (before == 0) GTEST_SKIP() << "the system does not say";
  constexpr size_t kBytes = size_t{64} << 20;
  const std::vector<char> written(kBytes, 1);
  asm volatile("" : : "r"(written.data()) : "memory");  // or a compiler may leave it out
  EXPECT_GT(ResidentMemory() + (kBytes >> 4), before + kBytes);
}

// What large pages hold is what was written, and the bytes around them are left alone.
TEST(LargePages, HoldWhatIsWritten) {
  const uint64_t bytes = 3 * kLargePage;
  std::vector<std::byte> memory(bytes);
  for (const uint64_t length : {uint64_t{0}, uint64_t{5000}, bytes - 100}) {
    PreferLargePages(memory.data() + 100, length);
  }
  std::fill(memory.begin(), memory.end(), std::byte{7});
  EXPECT_EQ(std::count(memory.begin(), memory.end(), std::byte{7}), static_cast<long>(bytes));
}

}  // namespace
}  // namespace ingle
