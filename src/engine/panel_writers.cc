#include "engine/panel_writers.h"

#include <filesystem>
#include <system_error>
#include <vector>

namespace ingle {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kLockSuffix = ".lock";
constexpr std::string_view kPartialSuffix = ".partial";  // of base/atomic_file.h
// Where no locks tell, what was not written to for so long is abandoned.
constexpr std::chrono::hours kAbandoned{1};

std::vector<fs::path> FilesIn(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::directory_iterator at(directory, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    files.push_back(at->path());
  }
  return files;
}

// The path of the panels that a partial file is of, or a lock; empty for any other file.
std::string TargetOf(const fs::path& file) {
  const std::string name = file.filename().string();
  if (!name.ends_with(kPartialSuffix) && !name.ends_with(kLockSuffix)) return {};
  const size_t at = name.find(Cat(kPanelSuffix, "."));
  if (at == std::string::npos) return {};
  return (file.parent_path() / name.substr(0, at + kPanelSuffix.size())).string();
}

// That were written so far of panels that are to be at this path.
uint64_t PartialBytes(const fs::path& path) {
  uint64_t bytes = 0;
  for (const fs::path& file : FilesIn(path.parent_path())) {
    if (file.extension() != kPartialSuffix || TargetOf(file) != path.string()) continue;
    std::error_code error;
    const uint64_t size = fs::file_size(file, error);
    if (!error) bytes += size;
  }
  return bytes;
}

bool IsOld(const fs::path& file) {
  std::error_code error;
  const fs::file_time_type written = fs::last_write_time(file, error);
  return !error && fs::file_time_type::clock::now() - written > kAbandoned;
}

std::string LockOf(const std::string& path) { return Cat(path, kLockSuffix); }

}  // namespace

Result<std::optional<FileLock>> WaitToWritePanels(const std::string& path,
                                                  std::chrono::milliseconds patience) {
  bool patient = true;
  uint64_t bytes = 0;
  Clock::time_point since = Clock::now();
  auto lock = FileLock::AcquireWhile(LockOf(path), [&] {
    const uint64_t now = PartialBytes(path);
    if (now != bytes) since = Clock::now();
    bytes = now;
    patient = Clock::now() - since < patience;
    return patient;
  });
  if (!lock) return std::nullopt;
  if (patient) return lock;
  return Fail(ErrorCode::kIo, "cannot write ", path,
              ": another process is writing it and does not get on; has it been stopped?");
}

void RemovePartialPanels(const std::string& directory) {
  for (const fs::path& file : FilesIn(directory)) {
    const std::string target = TargetOf(file);
    if (target.empty()) continue;
    // A lock that was left behind goes by being taken.
    const auto lock = FileLock::AcquireWhile(LockOf(target), [] { return false; });
    const bool abandoned = lock ? lock->has_value() : IsOld(file);
    std::error_code ignored;
    if (abandoned && file.extension() == kPartialSuffix) fs::remove(file, ignored);
  }
}

}  // namespace ingle
