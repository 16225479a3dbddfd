// Decodes one block of the types whose values are not evenly spaced. DequantizeRow is the way in;
// the order of the float operations is as said there.
#pragma once

#include "tensor/blocks.h"

namespace ingle {

// out takes as many floats as the block has elements.
void Decode(const BlockIQ1_S& block, float* out);
void Decode(const BlockIQ1_M& block, float* out);
void Decode(const BlockIQ2_XXS& block, float* out);
void Decode(const BlockIQ2_XS& block, float* out);
void Decode(const BlockIQ2_S& block, float* out);
void Decode(const BlockIQ3_XXS& block, float* out);
void Decode(const BlockIQ3_S& block, float* out);
void Decode(const BlockIQ4_NL& block, float* out);
void Decode(const BlockIQ4_XS& block, float* out);
void Decode(const BlockTQ1_0& block, float* out);
void Decode(const BlockTQ2_0& block, float* out);
void Decode(const BlockMXFP4& block, float* out);
void Decode(const BlockNVFP4& block, float* out);
void Decode(const BlockQ1_0& block, float* out);

}  // namespace ingle
