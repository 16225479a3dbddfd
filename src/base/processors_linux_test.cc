#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <sched.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/cpu.h"

namespace ingle {
namespace {

namespace fs = std::filesystem;

// A system of a few files.
class Processors : public testing::Test {
 protected:
  Processors() : root_(fs::temp_directory_path() / ("ingle-quota-" + std::to_string(getpid()))) {}
  ~Processors() override { fs::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  void WriteQuota(const std::string& group, const std::string& text) {
    Write("sys/fs/cgroup" + group + "/cpu.max", text + "\n");
  }
  // Of version 1; hierarchy: where it is mounted.
  void WriteOldQuota(const std::string& hierarchy, const std::string& group,
                     const std::string& quota) {
    Write("sys/fs/cgroup/" + hierarchy + group + "/cpu.cfs_quota_us", quota + "\n");
    Write("sys/fs/cgroup/" + hierarchy + group + "/cpu.cfs_period_us", "100000\n");
  }
  std::optional<int> InQuota() const { return ProcessorsInQuota(root_.string()); }

  fs::path root_;
};

// Lets this thread run on the first of those processors that it may run on, and gives them back.
class Pinned {
 public:
  explicit Pinned(int count) {
    EXPECT_EQ(sched_getaffinity(0, sizeof(before_), &before_), 0);
    cpu_set_t few;
    CPU_ZERO(&few);
    for (int i = 0; i < CPU_SETSIZE && static_cast<int>(chosen_.size()) < count; ++i) {
      if (!CPU_ISSET(i, &before_)) continue;
      CPU_SET(i, &few);
      chosen_.push_back(i);
    }
    EXPECT_EQ(sched_setaffinity(0, sizeof(few), &few), 0);
  }
  ~Pinned() { sched_setaffinity(0, sizeof(before_), &before_); }

  const std::vector<int>& processors() const { return chosen_; }

 private:
  cpu_set_t before_{};
  std::vector<int> chosen_;
};

TEST_F(Processors, AreThoseOfTheAffinityMask) {
  const Pinned pinned(1);
  EXPECT_EQ(CoresInAffinityMask(root_.string()), 1);
}

TEST_F(Processors, OfOneCoreCountOnce) {
  const Pinned pinned(2);
  if (pinned.processors().size() < 2) GTEST_SKIP() << "there is one processor";
  EXPECT_EQ(CoresInAffinityMask(root_.string()), 2);
  for (const int processor : pinned.processors()) {
    Write(
        "sys/devices/system/cpu/cpu" + std::to_string(processor) + "/topology/thread_siblings_list",
        "0-1\n");
  }
  EXPECT_EQ(CoresInAffinityMask(root_.string()), 1);
}

TEST_F(Processors, HaveNoQuotaWhereNoneIsSaid) {
  EXPECT_EQ(InQuota(), std::nullopt);
  Write("proc/self/cgroup", "0::/user.slice\n");
  WriteQuota("/user.slice", "max 100000");
  EXPECT_EQ(InQuota(), std::nullopt);
  WriteQuota("/user.slice", "no number");
  EXPECT_EQ(InQuota(), std::nullopt);
  WriteQuota("/user.slice", "100000 0");
  EXPECT_EQ(InQuota(), std::nullopt);
}

// As systemd's CPUQuota= has it: the root of a host has no such file.
TEST_F(Processors, AreThoseOfItsOwnGroup) {
  Write("proc/self/cgroup", "2:cpu:/elsewhere\n0::/system.slice/ingle.service\n");
  WriteQuota("/system.slice/ingle.service", "150000 100000");
  EXPECT_EQ(InQuota(), 2);
  WriteQuota("/system.slice/ingle.service", "5000 100000");
  EXPECT_EQ(InQuota(), 1);
}

TEST_F(Processors, AreLimitedByTheGroupsAround) {
  Write("proc/self/cgroup", "0::/a/b/c\n");
  WriteQuota("/a/b/c", "800000 100000");
  WriteQuota("/a/b", "max 100000");
  WriteQuota("/a", "300000 100000");
  EXPECT_EQ(InQuota(), 3);
  WriteQuota("/a/b/c", "50000 25000");
  EXPECT_EQ(InQuota(), 2);
}

// It sees its own group as the root, or a path that is there for the host only.
TEST_F(Processors, OfAContainerAreThoseOfItsRoot) {
  WriteQuota("", "400000 100000");
  for (const char* group : {"0::/\n", "0::/docker/0123\n", ""}) {
    Write("proc/self/cgroup", group);
    EXPECT_EQ(InQuota(), 4);
  }
}

TEST_F(Processors, OfVersion1AreLimitedByTheGroupsAround) {
  Write("proc/self/cgroup", "9:cpuset:/elsewhere\n4:cpu:/a/b\n1:name=systemd:/a\n");
  WriteOldQuota("cpu", "/a/b", "-1");
  EXPECT_EQ(InQuota(), std::nullopt);
  WriteOldQuota("cpu", "/a/b", "250000");
  WriteOldQuota("cpuset", "/elsewhere", "100000");
  EXPECT_EQ(InQuota(), 3);
  WriteOldQuota("cpu", "/a", "200000");
  EXPECT_EQ(InQuota(), 2);
}

// Controllers share a hierarchy, which is named for both, or has a link for each.
TEST_F(Processors, OfVersion1AreThoseOfASharedHierarchy) {
  Write("proc/self/cgroup", "4:cpuacct,cpu:/a\n0::/a\n");
  WriteOldQuota("cpuacct,cpu", "/a", "300000");
  EXPECT_EQ(InQuota(), 3);
  WriteOldQuota("cpu", "/a", "200000");
  EXPECT_EQ(InQuota(), 2);
}

TEST_F(Processors, OfAContainerOfVersion1AreThoseOfItsRoot) {
  Write("proc/self/cgroup", "4:cpu,cpuacct:/docker/0123\n0::/docker/0123\n");
  WriteOldQuota("cpu,cpuacct", "", "400000");
  EXPECT_EQ(InQuota(), 4);
}

// Where version 1 has some controllers, version 2 may have this one.
TEST_F(Processors, OfVersion2MayBeBesideVersion1) {
  Write("proc/self/cgroup", "4:memory:/elsewhere\n0::/a\n");
  WriteQuota("/unified/a", "500000 100000");
  EXPECT_EQ(InQuota(), 5);
}

TEST_F(Processors, AreOneAtLeast) { EXPECT_GE(UsableProcessors(), 1); }

}  // namespace
}  // namespace ingle
