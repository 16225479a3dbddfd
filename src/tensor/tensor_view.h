#pragma once

#include <cstddef>

#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace ingle {

// A tensor in somebody else's memory, rows contiguous and dense. Does not own; copying is cheap.
// data need not be aligned beyond one byte: it may point into a file.
struct TensorView {
  DType type = DType::kF32;
  Shape shape;
  const std::byte* data = nullptr;

  uint64_t row_bytes() const { return RowBytes(type, shape.columns()); }
  uint64_t bytes() const { return shape.rows() * row_bytes(); }
  const std::byte* row(uint64_t index) const { return data + index * row_bytes(); }
};

}  // namespace ingle
