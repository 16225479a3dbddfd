// From floats to stored rows.
//
// F16, BF16, Q4_0 to Q8_0, TQ1_0, TQ2_0 and MXFP4 give bit for bit what the Python package `gguf`
// gives. (Except where that leaves the result to the machine: blocks whose largest value is below
// 1e-36 or above 1e38, the sign of a zero minimum, and the exponent of MXFP4 where the logarithm of
// the largest value rounds up to a whole number.) Q2_K to Q6_K, IQ4_NL and IQ4_XS have no such
// reference; ours minimise the squared error, see k_fit.h. The other IQ types want to know which
// weights matter, NVFP4 a scale beside the tensor: they are only read.
#pragma once

#include <cstddef>

#include "tensor/dtype.h"

namespace ingle {

// Whether QuantizeRow knows the type.
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
