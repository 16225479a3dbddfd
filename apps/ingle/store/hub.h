// The programming interface of a model hub: what a repository holds, and where its files are.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "config/paths.h"
#include "store/http.h"
#include "store/hub_reference.h"
#include "store/repository_models.h"

namespace ingle {

struct HubListing {
  std::string revision;  // the commit where the hub says one, so that all files are of one version
  std::string licence;   // as the repository's card says; may be empty
  std::vector<RepositoryFile> files;  // those with safe paths
};

class Hub {
 public:
  // HF_ENDPOINT, or huggingface.co; with the token of HF_TOKEN, or of the file that
  // `hf auth login` writes. Fails when the endpoint is not https (http on this machine).
  static Result<Hub> FromEnvironment(const Paths& paths);

  const std::string& endpoint() const { return endpoint_; }
  bool has_token() const { return !token_.empty(); }

  // Fails with kNotFound, or kIo when the hub cannot be reached or refuses; the message says what
  // to do about it. What it answers is checked: sizes, checksums, paths.
  Result<HubListing> List(const HubReference& reference) const;

  // path: of a listed file.
  HttpRequest RequestFor(const HubReference& reference, const HubListing& listing,
                         const std::string& path) const;

 private:
  Hub(std::string endpoint, std::string token)
      : endpoint_(std::move(endpoint)), token_(std::move(token)) {}

  HttpRequest Request(const HubReference& reference, const std::string& path) const;
  Error Refused(const HubReference& reference, const HttpRefusal& refusal) const;

  std::string endpoint_;  // without a slash at its end
  std::string token_;     // empty: none
};

}  // namespace ingle
