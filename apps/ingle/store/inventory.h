// All models that have a name: those of the catalogue, those fetched, those that other programs
// keep.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/paths.h"
#include "store/catalogue.h"
#include "store/model_store.h"

namespace ingle {

enum class ModelState {
  kHere,
  kAbsent,   // can be fetched
  kDamaged,  // here, and of no use
  kUnknown,  // a folder in the store that no catalogue knows
};
std::string_view Name(ModelState state);  // "here", "absent", "damaged", "unknown"

struct ListedModel {
  std::string name;  // as MODEL
  ModelState state = ModelState::kHere;
  std::string trouble = {};  // of a damaged one: what is wrong
  uint64_t size = 0;
  std::string path = {};    // where it is, or would be
  std::string keeper = {};  // "Ingle", "Ollama"
  std::string description = {};
  std::string licence = {};
  const CatalogueEntry* entry = nullptr;  // of the catalogue; null for what is not from there
};

// The catalogue's come first. Looks at names and sizes alone. The catalogue must outlive the list.
std::vector<ListedModel> ListModels(const Catalogue& catalogue, const ModelStore& store,
                                    const Paths& paths);

// Opens those that are here, each as far as its header, and notes which are damaged.
void CheckModels(std::vector<ListedModel>& models);

}  // namespace ingle
