// Bringing a model of the catalogue into the store.
#pragma once

#include <string>

#include "base/error.h"
#include "store/catalogue.h"
#include "store/model_store.h"

namespace ingle {

struct PullOptions {
  bool quiet = false;    // no progress on standard error
  bool offline = false;  // fail instead of asking the network
};

// Makes sure that the store holds the entry, and returns the path of its file. Sources are tried in
// order, each whole; what comes is taken only with the SHA-256 of the catalogue. Of several
// processes that want the same model, one fetches and the others wait.
// When no source delivers, the one message says what was tried and how to place the file by hand.
Result<std::string> Pull(const CatalogueEntry& entry, const ModelStore& store,
                         const PullOptions& options);

}  // namespace ingle
