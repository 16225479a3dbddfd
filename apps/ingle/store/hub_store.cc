#include "store/hub_store.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "files/file_io.h"
#include "store/hub_record.h"

namespace ingle {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> FoldersIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code gone;
    if (it->is_directory(gone)) names.push_back(it->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool Contains(const std::vector<RepositoryModel>& models, const std::string& path) {
  return std::any_of(models.begin(), models.end(), [&](const RepositoryModel& model) {
    return std::any_of(model.files.begin(), model.files.end(),
                       [&](const RepositoryFile& file) { return file.path == path; });
  });
}

}  // namespace

std::string PathIn(const std::string& folder, const RepositoryModel& model) {
  return model.path.empty() ? folder : folder + "/" + model.path;
}

std::optional<std::string> FindInStore(const HubReference& reference, const ModelStore& store) {
  const std::string folder = store.FolderOf(reference.whole());
  const HubRecord record = HubRecord::Load(folder);
  std::vector<RepositoryFile> files = FilesBelow(folder);
  std::erase_if(files, [&](const RepositoryFile& file) {
    const auto noted = record.files.find(file.path);
    return noted != record.files.end() && noted->second.size != file.size;
  });
  const Result<RepositoryModel> model = ChooseModel(ModelsOf(std::move(files)), reference);
  if (!model) return std::nullopt;
  return PathIn(folder, *model);
}

std::vector<HubReference> RepositoriesIn(const std::string& folder) {
  std::vector<HubReference> repositories;
  for (const std::string& user : FoldersIn(folder)) {
    for (const std::string& repo : FoldersIn(Cat(folder, "/", user))) {
      auto reference = ParseHubReference(Cat("hf.co/", user, "/", repo));
      if (reference) repositories.push_back(std::move(*reference));
    }
  }
  return repositories;
}

Status RemoveFromStore(const HubReference& reference, const ModelStore& store) {
  const std::string folder = store.FolderOf(reference.whole());
  if (!FileExists(folder)) {
    return Fail(ErrorCode::kNotFound, reference.whole(), " is not in ", store.root());
  }
  if (reference.quant.empty() && reference.file.empty()) {
    return store.Remove(reference.whole());
  }
  std::vector<RepositoryModel> models = ModelsOf(FilesBelow(folder));
  const Result<RepositoryModel> model = ChooseModel(models, reference);
  if (!model) return Fail(model.error());
  std::erase_if(models, [&](const RepositoryModel& other) { return other.path == model->path; });
  if (models.empty()) return store.Remove(reference.whole());
  HubRecord record = HubRecord::Load(folder);
  for (const RepositoryFile& file : model->files) {
    if (Contains(models, file.path)) continue;
    std::error_code error;
    fs::remove(folder + "/" + file.path, error);
    if (error) {
      return Fail(ErrorCode::kIo, "cannot remove '", folder, "/", file.path,
                  "': ", error.message());
    }
    record.files.erase(file.path);
  }
  return record.Save(folder);
}

}  // namespace ingle
