// A model of a repository on a hub such as Hugging Face's, as people write it.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace ingle {

// hf.co/USER/REPO[@REVISION][:QUANT], or hf.co/USER/REPO[@REVISION]/FILE.gguf. Which hub it is on
// is for HF_ENDPOINT to say.
struct HubReference {
  std::string site = "hf.co";  // how names of this kind begin
  std::string user;
  std::string repo;
  std::string revision;  // a branch, tag or commit; empty: the main branch
  std::string quant;     // "Q4_K_M", in any case; empty: whatever suits
  std::string file;      // a path in the repository; empty: by quant

  // "USER/REPO"
  std::string repository() const { return user + "/" + repo; }
  // "SITE/USER/REPO[@REVISION]": whichever of its models.
  std::string whole() const;
  // All of it.
  std::string name() const;
};

// Whether text is meant for a hub: it begins with hf.co/ or huggingface.co/, https:// before it or
// not.
bool IsHubReference(std::string_view text);

// Also takes what a browser shows: https://huggingface.co/USER/REPO/blob/main/FILE.gguf and the
// same with resolve or tree. Fails with kInvalidArgument, naming what is wrong.
// REQUIRES: IsHubReference(text).
Result<HubReference> ParseHubReference(std::string_view text);

// Whether text, which comes from a server or a person, is a path of plain parts that leads down:
// safe below a folder. No part begins with a dot.
bool IsSafePath(std::string_view text);

}  // namespace ingle
