// From floats to stored rows.
//
// F16, BF16 and the types in blocks of 32 give bit for bit what the Python package `gguf` gives.
// (Except where that leaves the result to the machine: blocks whose largest value is below 1e-36 or
// above 1e38, and the sign of a zero minimum.) The super-block types, Q2_K to Q6_K, have no such
// reference; ours minimise the squared error, see k_fit.h.
#pragma once

#include <cstddef>

#include "tensor/dtype.h"

namespace ingle {

// Whether QuantizeRow knows the type. Integers are no weights; F64 and F8 are only read.
bool CanQuantize(DType type);

// Encodes `elements` floats into the row at `out`, RowBytes(type, elements) long and of any
// alignment.
//
// Values that are not finite: F32, F16 and BF16 keep them; a quantized type takes NaN for 0 and an
// infinity for 65504, the largest binary16 number, with its sign. So one bad value costs its block
// some precision and nothing more.
//
// REQUIRES: CanQuantize(type), and elements is a whole number of blocks.
void QuantizeRow(DType type, const float* row, std::byte* out, size_t elements);

}  // namespace ingle
