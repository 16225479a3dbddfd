// Encodes one block of the types whose values are not evenly spaced. QuantizeRow is the way in.
//
// MXFP4, TQ1_0 and TQ2_0 are as the Python package `gguf` has them. IQ4_NL and IQ4_XS have no such
// reference; ours minimise the squared error, in the way of k_fit.h.
#pragma once

#include "tensor/blocks.h"

namespace ingle {

// x: as many finite floats as the block has elements.
void Encode(const float* x, BlockIQ4_NL& block);
void Encode(const float* x, BlockIQ4_XS& block);
void Encode(const float* x, BlockTQ1_0& block);
void Encode(const float* x, BlockTQ2_0& block);
void Encode(const float* x, BlockMXFP4& block);

}  // namespace ingle
