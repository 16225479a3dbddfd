// Bringing a model of a hub into the store.
#pragma once

#include <string>

#include "base/error.h"
#include "config/paths.h"
#include "store/hub_reference.h"
#include "store/model_store.h"
#include "store/pull.h"

namespace ingle {

// What FindInStore says; or else fetches it, and returns its path. What comes is taken only with
// the size and checksum that the hub lists. Of several processes that want the same repository, one
// fetches and the others wait.
Result<std::string> PullFromHub(const HubReference& reference, const Paths& paths,
                                const ModelStore& store, const PullOptions& options);

}  // namespace ingle
