#pragma once

#include <cstddef>
#include <vector>

#include "base/error.h"
#include "base/worker_pool.h"
#include "formats/gguf/gguf_writer.h"
#include "tensor/tensor_view.h"

namespace ingle {

inline constexpr uint32_t kQuantizationVersion = 2;  // of tensor/blocks.h, as GGUF counts

// Writes tensors in another type, a chunk at a time: decode, check, encode. A tensor's rows follow
// one another and are whole blocks of both types, so a chunk need not end with a row, only with a
// super-block.
class TensorWriter {
 public:
  explicit TensorWriter(WorkerPool* pool) : pool_(pool) {}  // not owned; null: one thread

  // The same type is copied as it is. Fails with kCorrupt for weights that are NaN or infinite and
  // would be encoded.
  Status Write(const TensorView& from, DType to, GgufWriter& writer);

 private:
  bool EncodeChunk(DType from, const std::byte* source, DType to, size_t count);

  WorkerPool* pool_;
  std::vector<float> floats_;
  std::vector<std::byte> encoded_;
};

}  // namespace ingle
