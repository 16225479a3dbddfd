#include "store/model_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <system_error>

#include <nlohmann/json.hpp>

#include "files/file_io.h"
#include "store/checksum.h"
#include "terminal/units.h"

namespace ingle {
namespace {

namespace fs = std::filesystem;

// A file changed since its record was written is looked at again.
int64_t ModifiedAt(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 ? static_cast<int64_t>(info.st_mtime) : 0;
}

std::string Today() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

}  // namespace

bool ModelStore::SeemsToHold(const CatalogueEntry& entry) const {
  const Result<uint64_t> size = FileSize(FileOf(entry));
  return size && *size == entry.size;
}

Result<bool> ModelStore::Holds(const CatalogueEntry& entry) const {
  const std::string path = FileOf(entry);
  const Result<uint64_t> size = FileSize(path);
  if (!size && size.error().code() == ErrorCode::kNotFound) return false;
  if (!size) return Fail(size.error());
  if (*size != entry.size) {
    return Fail(ErrorCode::kCorrupt, "'", path, "' has ", Grouped(*size), " bytes instead of the ",
                Grouped(entry.size), " of ", entry.name, "; 'ingle rm ", entry.name,
                "' takes it away");
  }
  constexpr uint64_t kLongestRecord = 65536;
  if (const Result<std::string> record = ReadWhole(RecordOf(entry), kLongestRecord)) {
    const nlohmann::json json = nlohmann::json::parse(*record, nullptr, false);
    if (json.is_object() && json.value("sha256", nlohmann::json()) == entry.sha256 &&
        json.value("modified", nlohmann::json()) == ModifiedAt(path)) {
      return true;
    }
  }
  const Result<Checksum> checksum = ChecksumOfFile(Checksum::Kind::kSha256, path);
  if (!checksum) return Fail(checksum.error());
  if (checksum->digits != entry.sha256) {
    return Fail(ErrorCode::kCorrupt, "'", path, "' is not ", entry.name, ": its SHA-256 is ",
                checksum->digits, ", and the catalogue says ", entry.sha256, "; 'ingle rm ",
                entry.name, "' takes it away");
  }
  const Status noted = WriteRecord(entry, "placed by hand");
  (void)noted;  // in a store that is read-only it is read again the next time
  return true;
}

Status ModelStore::WriteRecord(const CatalogueEntry& entry, const std::string& source) const {
  const nlohmann::ordered_json record = {
      {"sha256", entry.sha256},
      {"size", entry.size},
      {"source", source},
      {"checked", Today()},
      {"modified", ModifiedAt(FileOf(entry))},
  };
  constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
  return WriteWhole(RecordOf(entry), record.dump(2, ' ', false, kReplace) + "\n");
}

std::vector<std::string> ModelStore::Names() const {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(root_, error), end; !error && it != end; it.increment(error)) {
    std::string name = it->path().filename().string();
    std::error_code gone;
    if (it->is_directory(gone) && IsModelName(name)) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

Status ModelStore::Remove(const std::string& name) const {
  const std::string folder = FolderOf(name);
  std::error_code error;
  // A link in the store leads elsewhere: it alone goes.
  if (fs::is_symlink(fs::symlink_status(folder, error))) {
    fs::remove(folder, error);
  } else if (fs::remove_all(folder, error) == 0 && !error) {
    return Fail(ErrorCode::kNotFound, name, " is not in ", root_);
  }
  if (error) return Fail(ErrorCode::kIo, "cannot remove '", folder, "': ", error.message());
  SyncFolder(root_);
  return {};
}

}  // namespace ingle
