#include "store/hugging_face_cache.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "files/file_io.h"
#include "store/hub_store.h"

namespace ingle {
namespace {

namespace fs = std::filesystem;

bool IsFolder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

// "models--USER--REPO"; in the names of users and repositories "--" does not occur.
std::optional<HubReference> ReadFolderName(const std::string& name) {
  constexpr std::string_view kPrefix = "models--";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  const size_t between = name.find("--", kPrefix.size());
  if (between == std::string::npos) return std::nullopt;
  const auto reference =
      ParseHubReference(Cat("hf.co/", name.substr(kPrefix.size(), between - kPrefix.size()), "/",
                            name.substr(between + 2)));
  if (!reference) return std::nullopt;
  return *reference;
}

std::string NewestIn(const std::string& snapshots) {
  std::string newest;
  fs::file_time_type newest_time{};
  std::error_code error;
  for (fs::directory_iterator it(snapshots, error), end; !error && it != end; it.increment(error)) {
    std::error_code gone;
    const fs::file_time_type time = it->last_write_time(gone);
    if (gone || !it->is_directory(gone) || (!newest.empty() && time <= newest_time)) continue;
    newest = it->path().string();
    newest_time = time;
  }
  return newest;
}

// The folder with the files of a revision; empty where there is none.
std::string SnapshotOf(const HubReference& reference, const std::string& cache) {
  const std::string folder = Cat(cache, "/models--", reference.user, "--", reference.repo);
  const std::string snapshots = folder + "/snapshots";
  const std::string revision = reference.revision.empty() ? "main" : reference.revision;
  constexpr uint64_t kLongestCommit = 128;
  if (const auto commit = ReadWhole(Cat(folder, "/refs/", revision), kLongestCommit)) {
    const std::string snapshot = Cat(snapshots, "/", *commit);
    if (IsSafePath(*commit) && IsFolder(snapshot)) return snapshot;
  }
  if (reference.revision.empty()) return NewestIn(snapshots);
  const std::string snapshot = Cat(snapshots, "/", reference.revision);
  return IsFolder(snapshot) ? snapshot : "";
}

KeptModel Kept(const HubReference& reference, const std::string& snapshot,
               const RepositoryModel& model, const std::string& name) {
  return {name, PathIn(snapshot, model), model.bytes(), "the Hugging Face cache",
          Cat("'hf cache rm model/", reference.repository(), "'")};
}

}  // namespace

std::vector<KeptModel> ModelsInHubCache(const std::string& cache) {
  std::vector<KeptModel> kept;
  std::error_code error;
  for (fs::directory_iterator it(cache, error), end; !error && it != end; it.increment(error)) {
    const auto reference = ReadFolderName(it->path().filename().string());
    const std::string snapshot = reference ? SnapshotOf(*reference, cache) : "";
    if (snapshot.empty()) continue;
    const std::vector<RepositoryModel> models = ModelsOf(FilesBelow(snapshot));
    for (const RepositoryModel& model : models) {
      kept.push_back(
          Kept(*reference, snapshot, model, reference->whole() + SuffixOf(model, models)));
    }
  }
  std::sort(kept.begin(), kept.end(),
            [](const KeptModel& a, const KeptModel& b) { return a.name < b.name; });
  return kept;
}

std::optional<KeptModel> FindInHubCache(const HubReference& reference, const std::string& cache) {
  const std::string snapshot = SnapshotOf(reference, cache);
  if (snapshot.empty()) return std::nullopt;
  const auto model = ChooseModel(ModelsOf(FilesBelow(snapshot)), reference);
  if (!model) return std::nullopt;
  return Kept(reference, snapshot, *model, reference.name());
}

}  // namespace ingle
