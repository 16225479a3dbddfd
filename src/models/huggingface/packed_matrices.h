// Matrices that checkpoints keep in several tensors, as numbers of four bits: those of AWQ and
// GPTQ, and the MXFP4 of gpt-oss.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "formats/int4/int4_matrix.h"
#include "models/huggingface/checkpoint.h"
#include "models/huggingface/placed_tensors.h"

namespace ingle {

// What quantization_config says of the matrices.
struct PackedFormat {
  bool packs = false;  // else every matrix is one tensor
  Int4Layout layout = Int4Layout::kGptq;
  uint64_t group_size = 0;  // 0: one group of all inputs
  bool symmetric = false;   // zero is in the middle where there are no qzeros
  bool ordered = false;     // inputs are in groups by g_idx, not one after the other
};

// config: the whole of config.json. Fails with kUnsupported, naming the field, for quantization
// that Ingle does not read.
Result<PackedFormat> ReadPackedFormat(const nlohmann::json& config);

struct PackedMatrix {
  std::string name;  // as a matrix of floats would be called: "model.layers.0.mlp.up_proj.weight"
  PlacedTensor tensor;
};

// Takes the matrices from among the tensors, of which the others stay in their order. What is made
// is [outputs, inputs], as a matrix of floats would be (formats/int4/int4_matrix.h).
Result<std::vector<PackedMatrix>> TakePackedMatrices(const PackedFormat& format,
                                                     std::vector<NamedTensor>& tensors);

}  // namespace ingle
