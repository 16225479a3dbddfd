// The cache of Hugging Face's own library: CACHE/models--USER--REPO/snapshots/COMMIT/, in which
// files are links into CACHE/models--USER--REPO/blobs/.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/hub_reference.h"
#include "store/kept_model.h"

namespace ingle {

// The models in the cache, each as its repository's main branch was when it was last asked for.
// Named as on the hub: "hf.co/USER/REPO:Q4_K_M".
std::vector<KeptModel> ModelsInHubCache(const std::string& cache);

// The one that the reference means; nothing when the cache has none that fits.
std::optional<KeptModel> FindInHubCache(const HubReference& reference, const std::string& cache);

}  // namespace ingle
