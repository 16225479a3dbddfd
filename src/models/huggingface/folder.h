// A checkpoint as it lies in a folder: config.json beside model.safetensors, sharded or not.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "formats/safetensors/safetensors_file.h"
#include "models/huggingface/checkpoint.h"

namespace ingle {

struct HuggingFaceFolder {
  HuggingFaceFiles files;  // whose memory is that of weights
  std::shared_ptr<const SafetensorsFile> weights;
};

// Fails with kNotFound for a folder without config.json, and as OpenSafetensors does.
Result<HuggingFaceFolder> ReadHuggingFaceFolder(const std::string& folder);

// A whole text file; nothing where there is none.
Result<std::optional<std::string>> ReadTextFile(const std::string& path);

}  // namespace ingle
