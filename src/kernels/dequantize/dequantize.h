// From stored rows to floats. This is the definition of what quantized blocks mean: every kernel
// that computes on blocks is tested against it.
#pragma once

#include <cstddef>

#include "tensor/dtype.h"

namespace ingle {

// Decodes `elements` values of a row that begins at `row`, for every DType; integers are converted.
// Bit for bit what the Python package `gguf` computes, whatever the scales hold; a NaN is some NaN.
// (It has no Q1_0 and no F8; those are exact anyway.)
//
// row needs no alignment. REQUIRES: elements is a whole number of blocks.
void DequantizeRow(DType type, const std::byte* row, float* out, size_t elements);

}  // namespace ingle
