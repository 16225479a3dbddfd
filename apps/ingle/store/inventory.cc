#include "store/inventory.h"

#include <filesystem>
#include <iterator>

#include "files/file_io.h"
#include "formats/gguf/gguf_file.h"
#include "formats/safetensors/safetensors_file.h"
#include "store/hub_record.h"
#include "store/hub_store.h"
#include "store/other_programs.h"
#include "terminal/units.h"

namespace ingle {
namespace {

constexpr const char* kIngle = "Ingle";

void MarkDamaged(ListedModel& model, const std::string& trouble) {
  model.state = ModelState::kDamaged;
  model.trouble = trouble;
}

void CheckSize(ListedModel& model, uint64_t size) {
  if (size == model.size) return;
  MarkDamaged(model, Cat(Grouped(size), " bytes instead of ", Grouped(model.size)));
}

void AddCatalogue(const Catalogue& catalogue, const ModelStore& store,
                  std::vector<ListedModel>& list) {
  for (const CatalogueEntry& entry : catalogue.entries()) {
    ListedModel model{.name = entry.name,
                      .size = entry.size,
                      .path = store.FileOf(entry),
                      .keeper = kIngle,
                      .description = entry.description,
                      .licence = entry.licence,
                      .entry = &entry};
    const Result<uint64_t> size = FileSize(model.path);
    if (size) {
      CheckSize(model, *size);
    } else {
      model.state = ModelState::kAbsent;
    }
    list.push_back(std::move(model));
  }
  for (const std::string& name : store.Names()) {
    if (catalogue.Find(name) != nullptr) continue;
    list.push_back({.name = name,
                    .state = ModelState::kUnknown,
                    .path = store.FolderOf(name),
                    .keeper = kIngle,
                    .description = "in the store, not in the catalogue"});
  }
}

void AddRepository(const HubReference& reference, const std::string& folder,
                   std::vector<ListedModel>& list) {
  const std::vector<RepositoryModel> models = ModelsOf(FilesBelow(folder));
  const HubRecord record = HubRecord::Load(folder);
  for (const RepositoryModel& model : models) {
    ListedModel listed{.name = reference.whole() + SuffixOf(model, models),
                       .path = PathIn(folder, model),
                       .keeper = kIngle,
                       .description = record.source.empty() ? "" : "from " + record.source,
                       .licence = record.licence};
    for (const RepositoryFile& file : model.files) {
      const auto noted = record.files.find(file.path);
      listed.size += noted != record.files.end() ? noted->second.size : file.size;
    }
    CheckSize(listed, model.bytes());
    list.push_back(std::move(listed));
  }
}

bool IsFolder(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

}  // namespace

std::string_view Name(ModelState state) {
  switch (state) {
    case ModelState::kHere:
      return "here";
    case ModelState::kAbsent:
      return "absent";
    case ModelState::kDamaged:
      return "damaged";
    case ModelState::kUnknown:
      break;
  }
  return "unknown";
}

std::vector<ListedModel> ListModels(const Catalogue& catalogue, const ModelStore& store,
                                    const Paths& paths) {
  std::vector<ListedModel> list;
  AddCatalogue(catalogue, store, list);
  const std::string hub = store.FolderOf(std::string(ModelStore::kHubFolder));
  for (const HubReference& reference : RepositoriesIn(hub)) {
    AddRepository(reference, store.FolderOf(reference.whole()), list);
  }
  for (KeptModel& kept : ModelsOfOthers(paths)) {
    ListedModel model{.name = std::move(kept.name),
                      .size = kept.bytes,
                      .path = std::move(kept.path),
                      .keeper = kept.keeper,
                      .description = "kept by " + kept.keeper};
    if (!kept.trouble.empty()) MarkDamaged(model, kept.trouble);
    list.push_back(std::move(model));
  }
  return list;
}

void CheckModels(std::vector<ListedModel>& models) {
  for (ListedModel& model : models) {
    if (model.state != ModelState::kHere) continue;
    if (IsFolder(model.path)) {
      const Result<SafetensorsFile> file = OpenSafetensors(model.path);
      if (!file) MarkDamaged(model, file.error().message());
    } else {
      const Result<GgufFile> file = OpenGguf(model.path);
      if (!file) MarkDamaged(model, file.error().message());
    }
  }
}

}  // namespace ingle
