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

class HuggingFaceFields;
struct PlacedTensors;

struct NamedTensor {
  std::string name;
  std::string dtype;               // as the file writes it
  std::optional<TensorView> view;  // nothing for a dtype that cannot be computed with
};

struct HuggingFaceFiles {
  std::string name;         // what messages call it: the folder
  std::string config_json;  // the contents of config.json
  std::vector<NamedTensor> tensors;
  std::shared_ptr<const void> memory;        // that the tensors are views of
  std::vector<const ByteSource*> sources{};  // its files, where they are known
};

// A checkpoint as an architecture reads it; and what its file in GGUF's form is made of.
class HuggingFaceCheckpoint : public Checkpoint {
 public:
  virtual const HuggingFaceNames& names() const = 0;
  virtual const HuggingFaceFields& fields() const = 0;
  virtual const PlacedTensors& placed() const = 0;
};

// What Tensor() gives of a matrix: its elements; or its type and shape alone, and no data, which is
// enough to see whether a model can be built.
enum class Matrices : uint8_t { kMade, kDescribed };

// Matrices stay where they are but for those that have to be rearranged or repacked; vectors become
// F32. Keeps `memory` alive. Fails with kUnsupported for a model_type that no architecture lists, a
// field that asks for arithmetic that there is none for, a tensor that the family does not have;
// with kCorrupt for what contradicts itself. Messages name the field or tensor.
Result<std::unique_ptr<HuggingFaceCheckpoint>> MakeHuggingFaceCheckpoint(
    HuggingFaceFiles files, Matrices matrices = Matrices::kMade);

}  // namespace ingle
