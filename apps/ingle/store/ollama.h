// Ollama's store: manifests/HOST/NAMESPACE/NAME/TAG is a JSON list of what a model consists of,
// each part of it a file in blobs/ that is named for its SHA-256.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/kept_model.h"

namespace ingle {

// "ollama/" and the name as `ollama list` shows it: ollama/llama3.2:1b, ollama/user/model,
// ollama/hf.co/user/repo:Q4_K_M. Without a tag it is "latest".
bool IsOllamaName(std::string_view text);

// folders: in which models are looked for, in this order.
std::vector<KeptModel> ModelsOfOllama(const std::vector<std::string>& folders);

// Fails with kNotFound, and with kUnsupported for a model that is more than a GGUF file, such as
// one with a LoRA adapter: without it, it would be another model. REQUIRES: IsOllamaName(text).
Result<KeptModel> FindInOllama(std::string_view text, const std::vector<std::string>& folders);

}  // namespace ingle
