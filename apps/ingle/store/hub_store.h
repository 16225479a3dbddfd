// The models of a hub that were fetched into the store.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "store/hub_reference.h"
#include "store/model_store.h"
#include "store/repository_models.h"

namespace ingle {

// The path of a repository's model: a GGUF file, or for a checkpoint the folder itself.
std::string PathIn(const std::string& folder, const RepositoryModel& model);

// The path of the model that the reference means, if the store has one that fits. One with a file
// that is not as long as it was when it came does not count.
std::optional<std::string> FindInStore(const HubReference& reference, const ModelStore& store);

// The repositories below a folder that is laid out as USER/REPO, by name.
std::vector<HubReference> RepositoriesIn(const std::string& folder);

// Removes the one model that the reference names by quantization or file, or else all of the
// repository. Fails with kNotFound, and as ChooseModel does.
Status RemoveFromStore(const HubReference& reference, const ModelStore& store);

}  // namespace ingle
