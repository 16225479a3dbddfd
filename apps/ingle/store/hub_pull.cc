#include "store/hub_pull.h"

#include "base/file_lock.h"
#include "files/file_io.h"
#include "store/fetch_file.h"
#include "store/hub.h"
#include "store/hub_record.h"
#include "store/hub_store.h"
#include "terminal/output.h"
#include "terminal/progress.h"

namespace ingle {
namespace {

// Whether the file that lies in its place already is the one that the hub lists.
bool IsThere(const std::string& path, const RepositoryFile& file) {
  const Result<uint64_t> size = FileSize(path);
  if (!size || *size != file.size) return false;
  const Result<Checksum> checksum = ChecksumOfFile(file.checksum.kind, path);
  return checksum && *checksum == file.checksum;
}

// One model on its way. Holds the lock of its repository's folder.
class HubFetch {
 public:
  HubFetch(const Hub& hub, const HubReference& reference, const std::string& folder, bool quiet)
      : hub_(hub), reference_(reference), folder_(folder), quiet_(quiet) {}

  // The path of the model.
  Result<std::string> Run() {
    Result<HubListing> listing = hub_.List(reference_);
    if (!listing) {
      return Fail(listing.error(), "could not list ", reference_.repository(), " on ",
                  hub_.endpoint());
    }
    listing_ = std::move(*listing);
    const Result<RepositoryModel> model = ChooseModel(ModelsOf(listing_.files), reference_);
    if (!model) return Fail(model.error());
    const Status made = MakeFolders(folder_);
    if (!made) return Fail(made.error());
    const Status fetched = FetchAll(*model);
    if (!fetched) return Fail(fetched.error());
    Record(*model);
    return PathIn(folder_, *model);
  }

 private:
  Status FetchAll(const RepositoryModel& model) {
    Progress progress(reference_.name(), model.bytes(), Progress::Unit::kBytes, quiet_);
    uint64_t left = model.bytes();
    uint64_t before = 0;
    for (const RepositoryFile& file : model.files) {
      const Status fetched =
          Fetch(file, left, [&](uint64_t done) { progress.Update(before + done); });
      if (!fetched)
        return Fail(fetched.error(), "could not get ", Quote(file.path), " of ",
                    reference_.repository());
      before += file.size;
      left -= file.size;
      progress.Update(before);
    }
    return {};
  }

  // left: bytes of this file and those to come.
  Status Fetch(const RepositoryFile& file, uint64_t left,
               const std::function<void(uint64_t)>& on_progress) {
    const std::string path = folder_ + "/" + file.path;
    if (IsThere(path, file)) return {};
    const Status made = MakeFolders(ParentOf(path));
    if (!made) return made;
    Result<PartialFile> partial = PartialFile::Open(path, {file.size, file.checksum, "the hub"});
    if (!partial) return Fail(partial.error());
    if (partial->size() == file.size && partial->Commit()) return {};
    const Status space = CheckSpace(folder_, left - partial->size());
    if (!space) return space;
    const HttpRequest request = hub_.RequestFor(reference_, listing_, file.path);
    return FetchAndCommit(*partial, [&] { return FetchUrl(request, *partial, on_progress); });
  }

  // The files themselves are whole and in their places: without a record nothing is lost but where
  // they came from.
  void Record(const RepositoryModel& model) const {
    HubRecord record = HubRecord::Load(folder_);
    record.source = hub_.endpoint() + "/" + reference_.repository();
    record.revision = listing_.revision;
    record.licence = listing_.licence;
    for (const RepositoryFile& file : model.files) {
      record.files[file.path] = {file.size, file.checksum};
    }
    const Status noted = record.Save(folder_);
    (void)noted;
  }

  const Hub& hub_;
  const HubReference& reference_;
  const std::string& folder_;
  bool quiet_;
  HubListing listing_;
};

}  // namespace

Result<std::string> PullFromHub(const HubReference& reference, const Paths& paths,
                                const ModelStore& store, const PullOptions& options) {
  if (auto path = FindInStore(reference, store)) return *path;
  if (options.offline) {
    return Fail(ErrorCode::kNotFound, reference.name(),
                " is not here, and 'offline' forbids to fetch it");
  }
  const Result<Hub> hub = Hub::FromEnvironment(paths);
  if (!hub) return Fail(hub.error());
  const std::string folder = store.FolderOf(reference.whole());
  const Status made = MakeFolders(ParentOf(folder));
  if (!made) return Fail(made.error());
  const Result<FileLock> lock = FileLock::Acquire(store.LockOf(reference.whole()), [&] {
    if (!options.quiet) Note(Cat("waiting for another ingle that is fetching ", reference.name()));
  });
  if (!lock) return Fail(lock.error());
  if (auto path = FindInStore(reference, store)) return *path;
  return HubFetch(*hub, reference, folder, options.quiet).Run();
}

}  // namespace ingle
