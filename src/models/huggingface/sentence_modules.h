// What a folder says of how its model's states become embeddings: the files of
// sentence-transformers.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/error.h"
#include "models/pooling.h"

namespace ingle {

struct SentenceModules {
  std::optional<Pooling> pooling;
  uint32_t longest_text = 0;   // in tokens; 0: the folder does not say
  std::optional<Error> error;  // why the embeddings cannot be had: something that Ingle lacks
};

// The contents of a file of the folder; nothing where there is none.
using ReadFile = std::function<Result<std::optional<std::string>>(const std::string& file)>;

// Reads modules.json, the pooling's config.json and sentence_bert_config.json, where there are any.
// folder: what messages call it.
SentenceModules ReadSentenceModules(const std::string& folder, const ReadFile& read);

}  // namespace ingle
