// A checkpoint of Hugging Face's transformers: config.json and tensors.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/architecture.h"
#include "models/checkpoint.h"
#include "tensor/tensor_view.h"

namespace ingle {

struct NamedTensor {
  std::string name;
  std::string dtype;               // as the file writes it
  std::optional<TensorView> view;  // nothing for a dtype that cannot be computed with
};

struct HuggingFaceFiles {
  std::string name;         // what messages call it: the folder
  std::string config_json;  // the contents of config.json
  std::vector<NamedTensor> tensors;
  std::shared_ptr<const void> memory;  // that the tensors are views of
};

// Matrices stay where they are but for the few that have to be rearranged; vectors become F32.
// Keeps `memory` alive. Fails with kUnsupported for a model_type that no architecture lists, a
// field that asks for arithmetic that there is none for, a tensor that the family does not have;
// with kCorrupt for what contradicts itself. Messages name the field or tensor.
Result<std::unique_ptr<Checkpoint>> MakeHuggingFaceCheckpoint(HuggingFaceFiles files);

}  // namespace ingle
