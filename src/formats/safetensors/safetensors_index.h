// The index of a sharded checkpoint, model.safetensors.index.json: which tensor is in which file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ingle {

struct SafetensorsIndex {
  struct Entry {
    std::string tensor;
    size_t file;  // in files
  };
  std::vector<std::string> files;  // names within the index's folder, sorted, each once
  std::vector<Entry> entries;      // by file, within one by tensor
};

// Only "weight_map" is read; the sizes under "metadata" are wrong in many files. Fails with
// kCorrupt, in a message that begins with `name`: for another kind of text, a tensor that occurs
// twice, a file name that is not a plain one.
Result<SafetensorsIndex> ParseSafetensorsIndex(std::string_view name, std::string_view text);

}  // namespace ingle
