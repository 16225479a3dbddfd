// Rewrites a GGUF model with smaller weights.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/worker_pool.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace ingle {

struct QuantizeProgress {
  std::string_view tensor;  // about to be written
  size_t index;             // of it, from 0
  size_t count;
  DType from;
  DType to;
};

struct QuantizeOptions {
  std::function<void(const QuantizeProgress&)>
      progress;                // may be empty; called on the caller's thread
  WorkerPool* pool = nullptr;  // not owned; null works on one thread
};

// What a tensor of this name and shape is stored as in a model of type `target`:
//
//   - matrices (two or more dimensions, name ending in ".weight") as `target`;
//   - the output matrix, or the token embedding where that doubles as the output (tied), as Q6_K
//     when target is a super-block type and Q8_0 when it is a smaller block type: its errors go
//     straight into the logits, and it is used once a token;
//   - where rows are no multiple of 256, the block type of at least as many bits: Q2_K and Q3_K
//     become Q4_0, Q4_K Q5_0, Q5_K Q5_1 and Q6_K Q8_0; no multiple of 32, F16;
//   - the rest (norms, biases, routers, position and segment tables) as F32.
DType QuantizedTypeOf(std::string_view name, const Shape& shape, DType target, bool tied_output);

// Reads the model at `in` (split models too) and writes it to `out`, which may be the same path:
// the new file replaces what is there only when it is complete. Metadata is copied in order, but
// for general.file_type and general.quantization_version, which are set, and the keys of splits.
//
// Any type that DequantizeRow knows may be the source, so a quantized model can be quantized again,
// at the loss of both; a tensor that has its type already is copied as it is. Integer tensors too.
// Memory: some tens of megabytes, whatever the model.
//
// Fails with kInvalidArgument for a target that weights are not written as (I32, F64), kCorrupt for
// weights that are NaN or infinite, and as OpenGguf and GgufWriter do.
Status QuantizeGguf(const std::string& in, const std::string& out, DType target,
                    const QuantizeOptions& options = {});

}  // namespace ingle
