#include <atomic>
#include <csignal>
#include <filesystem>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/file_lock.h"

namespace ingle {
namespace {

namespace fs = std::filesystem;

bool DoesNotWait() { return false; }
bool Waits() { return true; }

class Lock : public testing::Test {
 protected:
  Lock() : folder_(fs::temp_directory_path() / ("ingle-lock-" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
  }
  ~Lock() override { fs::remove_all(folder_); }

  std::string path() const { return (folder_ / "lock").string(); }
  // Nothing where another holds it.
  std::optional<FileLock> Take() const {
    auto lock = FileLock::AcquireWhile(path(), DoesNotWait);
    EXPECT_TRUE(lock);
    return lock ? *std::move(lock) : std::nullopt;
  }

  fs::path folder_;
};

TEST_F(Lock, OneHasItAndItsFileGoesWithIt) {
  {
    const auto held = Take();
    EXPECT_TRUE(held);
    EXPECT_FALSE(Take());
    EXPECT_TRUE(fs::exists(path()));
  }
  EXPECT_FALSE(fs::exists(path()));
  EXPECT_TRUE(Take());
}

TEST_F(Lock, OfTheOtherKindItsFileStays) {
  bool waited = false;
  {
    EXPECT_TRUE(FileLock::Acquire(path(), [&] { waited = true; }));
  }
  EXPECT_FALSE(waited);
  EXPECT_TRUE(fs::exists(path()));
}

// Each takes the file away from those who wait for it.
TEST_F(Lock, ThatManyWaitForIsHeldByOneAtATime) {
  std::atomic<int> holders{0}, turns{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < 10; ++turn) {
        const auto lock = FileLock::AcquireWhile(path(), Waits);
        ASSERT_TRUE(lock);
        ASSERT_TRUE(*lock);
        EXPECT_EQ(holders.fetch_add(1), 0);
        std::this_thread::yield();
        holders.fetch_sub(1);
        turns.fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(turns, 40);
  EXPECT_FALSE(fs::exists(path()));
}

TEST_F(Lock, OfAProcessThatIsKilledIsFree) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto lock = FileLock::AcquireWhile(path(), DoesNotWait);
    const bool held = lock && *lock && write(ready[1], "x", 1) == 1;
    if (held) pause();
    _exit(1);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_FALSE(Take());
  kill(child, SIGKILL);
  EXPECT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(Take());
  EXPECT_FALSE(fs::exists(path()));
  close(ready[0]);
  close(ready[1]);
}

TEST_F(Lock, FailsWhereNoFileCanBe) {
  for (const fs::path& where : {folder_, folder_ / "none" / "lock"}) {
    const auto lock = FileLock::AcquireWhile(where.string(), Waits);
    ASSERT_FALSE(lock);
    EXPECT_NE(lock.error().message().find(where.string()), std::string::npos);
  }
}

}  // namespace
}  // namespace ingle
