// Which models a repository holds, going by the names of its files: on a hub, in the store, in
// another program's cache.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "store/checksum.h"
#include "store/hub_reference.h"

namespace ingle {

struct RepositoryFile {
  std::string path;  // within the repository; IsSafePath
  uint64_t size = 0;
  Checksum checksum = {};
};

// A GGUF file with all its parts, or the checkpoint at the repository's root.
struct RepositoryModel {
  std::string path;   // of the GGUF file, of a split one its first part; empty: the checkpoint
  std::string quant;  // "Q4_K_M" as the file's name has it; empty where it has none
  std::vector<RepositoryFile> files;  // all that belongs to it; what opens it comes last

  uint64_t bytes() const;
};

// The models of a repository, by path, the checkpoint first. One that lacks a part is none; vision
// projectors and importance matrices are none either.
std::vector<RepositoryModel> ModelsOf(std::vector<RepositoryFile> files);

// The one that is meant: by file, by quantization, or else the usual: Q4_K_M, then others of four
// bits, then finer and coarser ones; a checkpoint where there is no GGUF file. Fails with
// kNotFound, or with kInvalidArgument where several fit as well, and lists what there is.
Result<RepositoryModel> ChooseModel(const std::vector<RepositoryModel>& models,
                                    const HubReference& reference);

// How to ask for this one of the models behind "hf.co/USER/REPO": by nothing, ":QUANT" or "/FILE".
std::string SuffixOf(const RepositoryModel& model, const std::vector<RepositoryModel>& models);

// The files below folder, links followed, as ModelsOf takes them: those whose names it could read,
// four folders down at most. Empty when there is no such folder.
std::vector<RepositoryFile> FilesBelow(const std::string& folder);

}  // namespace ingle
