#include "engine/panel_writers.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include <sys/resource.h>

#include <gtest/gtest.h>

#include "engine/panel_file_testing.h"

namespace ingle {
namespace {

namespace fs = std::filesystem;

class PanelWriters : public PanelFile {
 protected:
  // Where the model's panels are to be.
  std::string FindPath() {
    { const Panels panels = Open(); }
    std::string path = Kept();
    fs::remove(path);
    return path;
  }
  std::future<Panels> OpenMeanwhile() {
    return std::async(std::launch::async, [this] {
      WorkerPool pool(1);
      return Open(pool);
    });
  }
};

// As two processes do: each has opened the lock and the files itself.
TEST_F(PanelWriters, OfOneModelWriteOnce) {
  std::future<Panels> one = OpenMeanwhile(), other = OpenMeanwhile();
  const Panels first = one.get(), second = other.get();
  ASSERT_TRUE(first.mapped);
  ASSERT_TRUE(second.mapped);
  EXPECT_EQ(first.file->stamp(), second.file->stamp());
  ExpectRight(second);
  EXPECT_EQ(FilesKept(), 1u);
}

TEST_F(PanelWriters, WaitForTheOneThatHasTheRight) {
  const std::string path = FindPath();
  auto right = WaitToWritePanels(path);
  ASSERT_TRUE(right && *right);
  std::future<Panels> waiting = OpenMeanwhile();
  EXPECT_EQ(waiting.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  EXPECT_FALSE(fs::exists(path));
  right->reset();
  EXPECT_TRUE(waiting.get().mapped);
  EXPECT_TRUE(fs::exists(path));
}

TEST_F(PanelWriters, DoNotWaitForOneThatDoesNotGetOn) {
  const std::string path = FindPath();
  const auto right = WaitToWritePanels(path);
  ASSERT_TRUE(right && *right);
  const auto given_up = WaitToWritePanels(path, std::chrono::milliseconds(0));
  ASSERT_FALSE(given_up);
  EXPECT_NE(given_up.error().message().find(path), std::string::npos);
}

TEST_F(PanelWriters, DoWithoutLocksWhereThereAreNone) {
  const std::string path = FindPath();
  fs::create_directory(path + ".lock");  // which cannot be opened as a file
  const auto right = WaitToWritePanels(path);
  ASSERT_TRUE(right);
  EXPECT_FALSE(*right);
  EXPECT_TRUE(Open().mapped);

  const std::string young = path + ".7-0.partial", old = path + ".8-0.partial";
  for (const std::string& partial : {young, old}) std::ofstream(partial) << "half";
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(2));
  EXPECT_TRUE(Open().mapped);
  EXPECT_TRUE(fs::exists(young));
  EXPECT_FALSE(fs::exists(old));
}

TEST_F(PanelWriters, LeaveNothingWhenTheyAreKilled) {
  const std::string path = FindPath();
  EXPECT_TRUE(Open().mapped);
  const std::string other = directory() + "/0123456789abcdef.panels";
  const std::string notes = directory() + "/notes.partial";
  std::ofstream(path + ".1-0.partial") << "half, by a number that some process has";
  std::ofstream(other + ".99999999-0.partial") << "half";
  std::ofstream(other + ".lock");
  std::ofstream(notes) << "of something else";
  {
    const auto right = WaitToWritePanels(path);
    EXPECT_TRUE(Open().mapped);
    EXPECT_TRUE(fs::exists(path + ".1-0.partial")) << "it is being written";
  }
  EXPECT_TRUE(Open().mapped);
  EXPECT_TRUE(fs::exists(notes));
  EXPECT_EQ(FilesKept(), 2u);
}

// A limit of what a process may write to a file, which a full disk looks like.
class WithLimitOfFiles {
 public:
  explicit WithLimitOfFiles(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    struct rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~WithLimitOfFiles() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  WithLimitOfFiles(const WithLimitOfFiles&) = delete;
  WithLimitOfFiles& operator=(const WithLimitOfFiles&) = delete;

 private:
  void (*handler_)(int);
  struct rlimit before_ {};
};

TEST_F(PanelWriters, LeaveNothingOnAFullDisk) {
  constexpr size_t kLimit = size_t{1} << 20;
  {
    const WithLimitOfFiles limited(kLimit);
    const std::string probe = (folder_ / "probe").string();
    std::ofstream(probe) << std::string(2 * kLimit, 'x');
    if (fs::file_size(probe) > kLimit) GTEST_SKIP() << "the limit does nothing here";
    const Panels panels = Open();
    EXPECT_FALSE(panels.mapped);
    ASSERT_TRUE(panels.trouble);
    EXPECT_NE(panels.trouble->message().find("cannot write " + directory()), std::string::npos);
    ExpectRight(panels);
  }
  EXPECT_EQ(FilesKept(), 0u);
  const Panels panels = Open();
  EXPECT_TRUE(panels.mapped);
  EXPECT_FALSE(panels.trouble);
}

}  // namespace
}  // namespace ingle
