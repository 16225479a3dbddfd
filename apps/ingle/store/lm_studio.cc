#include "store/lm_studio.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <nlohmann/json.hpp>

#include "files/file_io.h"
#include "store/hub_store.h"

namespace ingle {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "lmstudio/";

// Where each home has its models, without those that are not there.
std::vector<std::string> ModelFolders(const std::vector<std::string>& homes) {
  std::vector<std::string> folders;
  for (const std::string& home : homes) {
    folders.push_back(home + "/models");
    constexpr uint64_t kLongest = uint64_t{1} << 20;
    const Result<std::string> settings = ReadWhole(home + "/settings.json", kLongest);
    const auto json =
        settings ? nlohmann::json::parse(*settings, nullptr, false) : nlohmann::json();
    if (!json.is_object()) continue;
    const auto chosen = json.find("downloadsFolder");
    if (chosen != json.end() && chosen->is_string()) folders.push_back(chosen->get<std::string>());
  }
  std::erase_if(folders, [](const std::string& folder) {
    std::error_code ignored;
    return !folder.starts_with('/') || !fs::is_directory(folder, ignored);
  });
  std::sort(folders.begin(), folders.end());
  folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
  return folders;
}

Result<HubReference> Parse(std::string_view text) {
  Result<HubReference> reference = ParseHubReference(Cat("hf.co/", text.substr(kPrefix.size())));
  if (!reference || !reference->revision.empty()) {
    return Fail(ErrorCode::kInvalidArgument, Quote(text),
                " is neither lmstudio/USER/REPO[:QUANT] nor lmstudio/USER/REPO/FILE.gguf");
  }
  reference->site = kPrefix.substr(0, kPrefix.size() - 1);
  return reference;
}

KeptModel Kept(const std::string& folder, const RepositoryModel& model, const std::string& name) {
  return {name, PathIn(folder, model), model.bytes(), "LM Studio", "'My Models' in LM Studio"};
}

}  // namespace

bool IsLmStudioName(std::string_view text) { return text.starts_with(kPrefix); }

std::vector<KeptModel> ModelsOfLmStudio(const std::vector<std::string>& homes) {
  std::vector<KeptModel> kept;
  for (const std::string& root : ModelFolders(homes)) {
    for (const HubReference& repository : RepositoriesIn(root)) {
      const std::string folder = Cat(root, "/", repository.repository());
      const std::vector<RepositoryModel> models = ModelsOf(FilesBelow(folder));
      for (const RepositoryModel& model : models) {
        kept.push_back(
            Kept(folder, model, Cat(kPrefix, repository.repository(), SuffixOf(model, models))));
      }
    }
  }
  return kept;
}

Result<KeptModel> FindInLmStudio(std::string_view text, const std::vector<std::string>& homes) {
  const Result<HubReference> reference = Parse(text);
  if (!reference) return Fail(reference.error());
  for (const std::string& root : ModelFolders(homes)) {
    const std::string folder = Cat(root, "/", reference->repository());
    if (!FileExists(folder)) continue;
    const Result<RepositoryModel> model = ChooseModel(ModelsOf(FilesBelow(folder)), *reference);
    if (!model) return Fail(model.error());
    return Kept(folder, *model, std::string(text));
  }
  return Fail(ErrorCode::kNotFound, "LM Studio has no model ", Quote(text.substr(kPrefix.size())),
              "; 'ingle list' shows what it has, and a file of this path is ./", text);
}

}  // namespace ingle
