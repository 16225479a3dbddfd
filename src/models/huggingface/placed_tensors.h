// A checkpoint's tensors under their names in GGUF.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "models/huggingface/checkpoint.h"
#include "models/huggingface/fields.h"
#include "models/huggingface/placing.h"
#include "models/huggingface/tensor_changes.h"

namespace ingle {

// A tensor that is made when it is asked for: it may have to be rearranged, and not all may fit
// into memory together.
struct PlacedTensor {
  DType type = DType::kF32;
  Shape shape;
  // Reads the checkpoint's memory, which must be there. Fails with what is wrong, and names the
  // checkpoint's tensor. From any thread.
  std::function<Result<ChangedTensor>()> make;
};

struct PlacedTensors {
  std::map<std::string, PlacedTensor, std::less<>> tensors;
  OwnNames names;                     // what the checkpoint calls them
  std::string prefix;                 // before the names of layers: "model."
  std::vector<std::string> required;  // see Checkpoint::RequiredTensors
};

struct PackedFormat;

// fields, files: must outlive what is returned. format: of the matrices that are in several tensors
// (models/huggingface/packed_matrices.h). Fails with kUnsupported for a tensor that the family
// does not have, or of a type that cannot be computed with; kCorrupt for what contradicts itself.
Result<PlacedTensors> PlaceTensors(const HuggingFaceNames& names, const HuggingFaceFields& fields,
                                   const PackedFormat& format, const HuggingFaceFiles& files);

}  // namespace ingle
