#pragma once

#include <memory>

#include "formats/gguf/gguf_file.h"
#include "models/checkpoint.h"

namespace ingle {

// A GGUF file as a checkpoint. Owns the file. Fails when the file names no architecture.
Result<std::unique_ptr<Checkpoint>> MakeGgufCheckpoint(std::shared_ptr<const GgufFile> file);

}  // namespace ingle
