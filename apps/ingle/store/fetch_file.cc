#include "store/fetch_file.h"

#include <sys/statvfs.h>

#include "terminal/units.h"

namespace ingle {
namespace {

Status FetchOnce(PartialFile& file, const std::function<Status()>& transfer) {
  const Status fetched = transfer();
  if (fetched) return file.Commit();
  const ErrorCode code = fetched.error().code();
  if (code == ErrorCode::kCorrupt || code == ErrorCode::kTooLarge) {
    const Status restarted = file.Restart();
    if (!restarted) return restarted;
  }
  return fetched;
}

}  // namespace

Status CheckSpace(const std::string& folder, uint64_t bytes) {
  struct statvfs disk;
  if (statvfs(folder.c_str(), &disk) != 0) return {};
  const uint64_t free = uint64_t{disk.f_bavail} * disk.f_frsize;
  if (free >= bytes) return {};
  return Fail(ErrorCode::kIo, "the disk that holds '", folder, "' has ", HumanBytes(free),
              " free, and ", HumanBytes(bytes), " are needed");
}

Status FetchAndCommit(PartialFile& file, const std::function<Status()>& transfer) {
  const bool resumes = file.size() > 0;
  Status fetched = FetchOnce(file, transfer);
  if (!fetched && resumes && fetched.error().code() == ErrorCode::kCorrupt) {
    fetched = FetchOnce(file, transfer);
  }
  return fetched;
}

}  // namespace ingle
