// Where fetched models lie: those of the catalogue in MODELS/NAME/FILE.gguf, with a record of what
// it is beside it; those of a hub in MODELS/hf.co/USER/REPO, as the repository has them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/catalogue.h"

namespace ingle {

class ModelStore {
 public:
  static constexpr std::string_view kHubFolder = "hf.co";

  explicit ModelStore(std::string root) : root_(std::move(root)) {}

  const std::string& root() const { return root_; }
  // name: of the catalogue, or HubReference::whole().
  std::string FolderOf(const std::string& name) const { return root_ + "/" + name; }
  std::string FileOf(const CatalogueEntry& entry) const {
    return FolderOf(entry.name) + "/" + entry.file;
  }

  // Held (base/file_lock.h) by whoever changes the model's folder; outlives that folder.
  std::string LockOf(const std::string& name) const { return root_ + "/" + name + ".lock"; }

  // Whether the entry's file is there and is what the catalogue says. A file without a record (one
  // placed by hand) is read once for its SHA-256. Fails with kCorrupt when something else lies in
  // its place.
  Result<bool> Holds(const CatalogueEntry& entry) const;

  // As cheaply as possible, for lists: there, and of the right size.
  bool SeemsToHold(const CatalogueEntry& entry) const;

  // Notes that the entry's file is there and was checked. source: where it came from.
  Status WriteRecord(const CatalogueEntry& entry, const std::string& source) const;

  // The names of all folders of models, those that no catalogue knows too; not those of a hub.
  std::vector<std::string> Names() const;

  // Removes a model's folder. Fails with kNotFound when there is none.
  // REQUIRES: IsModelName(name), or name is HubReference::whole().
  Status Remove(const std::string& name) const;

 private:
  std::string RecordOf(const CatalogueEntry& entry) const { return FileOf(entry) + ".json"; }

  std::string root_;
};

}  // namespace ingle
