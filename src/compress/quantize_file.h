// Rewrites a GGUF model with smaller weights.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/worker_pool.h"
#include "compress/quantization_mix.h"

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

// Reads the model at `in` (split models too) and writes it to `out`, which may be the same path:
// the new file replaces what is there only when it is complete. Metadata is copied in order, but
// for general.file_type and general.quantization_version, which are set, and the keys of splits.
//
// Any type that DequantizeRow knows may be the source, so a quantized model can be quantized again,
// at the loss of both; a tensor that has its type already is copied as it is. Integer tensors too.
// Memory: some tens of megabytes, whatever the model.
//
// Fails with kCorrupt for weights that are NaN or infinite, and as OpenGguf and GgufWriter do.
Status QuantizeGguf(const std::string& in, const std::string& out, const QuantizationMix& mix,
                    const QuantizeOptions& options = {});

}  // namespace ingle
