// What Ingle notes of a repository in the store, in REPO/.ingle.json: where its files came from,
// and how long each is to be.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/error.h"
#include "store/checksum.h"

namespace ingle {

struct HubRecord {
  struct File {
    uint64_t size = 0;
    Checksum checksum;
  };
  std::string source;    // "https://huggingface.co/USER/REPO"
  std::string revision;  // the commit of what was fetched last
  std::string licence;
  std::map<std::string, File> files;  // by path

  // Of a folder without a record, or with one that is damaged: empty.
  static HubRecord Load(const std::string& folder);
  Status Save(const std::string& folder) const;
};

}  // namespace ingle
